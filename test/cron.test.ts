import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NO_GAPS, Workplace } from './harness/workplace.ts';
import { runHostProgram, said } from './support/host-program.ts';

const FOLDER = new URL('../systemd/', import.meta.url);
const BIN = fileURLToPath(new URL('../bin/rc-notify.js', import.meta.url));
const LOGS = '/var/log/rc-notify';

const cron = readFileSync(new URL('rc-notify.cron', FOLDER), 'utf8');
const logrotate = readFileSync(new URL('rc-notify.logrotate', FOLDER), 'utf8');
const [entry = ''] = cron.split('\n').filter((line) => line.startsWith('*'));
const [minute, hour, day, month, weekday, user, ...words] = entry.split(' ');
const command = words.join(' ');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rc-notify-cron-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the command of the entry as cron does, with the program, the configuration and the log in other places. */
function asCron(work: Workplace) {
  symlinkSync(BIN, join(directory, 'rc-notify'));
  const here = command
    .replace('/etc/rc-notify/config.yaml', join(work.directory, 'rc-notify.config.yaml'))
    .replaceAll(LOGS, directory);
  const path = `${directory}:${dirname(process.execPath)}:/usr/bin:/bin`;
  const ran = spawnSync('/bin/sh', ['-c', here], {
    encoding: 'utf8',
    cwd: '/',
    env: { HOME: directory, PATH: path },
  });
  return { mail: said(ran), log: readFileSync(join(directory, 'scan.log'), 'utf8').trim() };
}

it('the table is one that cron reads', () => {
  expect([minute, hour, day, month, weekday, user]).toEqual(['*/15', '*', '*', '*', '*', 'rc-notify']);
  expect(command, 'cron makes a new line of it').not.toContain('%');
  expect(cron, 'cron ignores a last line without its end').toMatch(/\n$/);
  for (const line of cron.split('\n')) {
    if (line !== entry) expect(line).toMatch(/^(#.*|[A-Z]+=[\w/:.-]+|)$/);
  }
});

it('a scan that went well is logged, for its user alone, and nothing is mailed', () => {
  const work = new Workplace({ channel: 'terminal' });
  work.late([{ meter: '12345678' }]);
  const { mail, log } = asCron(work);
  expect(log).toContain('Notifications sent: 1');
  expect(statSync(join(directory, 'scan.log')).mode & 0o077).toBe(0);
  expect(mail).toBe('');
});

it('a scan that met another one is logged and nothing is mailed', async () => {
  const work = new Workplace({ channel: 'terminal', pace: { ...NO_GAPS, minGap: '60s', maxGap: '60s' } });
  work.late([{ meter: '12345678' }, { meter: '12345679' }]);
  await work.start(['scan']).wrote('12345678');
  const { mail, log } = asCron(work);
  expect(log).toContain('ERR_RC_LOCKED');
  expect(mail).toBe('');
});

it('of a scan that failed the error and what to do next are mailed', () => {
  const { mail, log } = asCron(new Workplace({ rules: { nonsense: 1 } }));
  expect(mail).toMatch(/ERR_RC_CONFIG.+config check/s);
  expect(mail).toBe(log);
});

it('the log is kept no longer than the ledger keeps customers', () => {
  const schema = JSON.parse(readFileSync(new URL('../config.schema.json', import.meta.url), 'utf8'));
  const [, days] = /^ +maxage (\d+)$/m.exec(logrotate) ?? [];
  expect(`${days}d`).toBe(schema.properties.state.properties.retention.default);
});

it('logrotate finds the log and nothing wrong', (context) => {
  const { username, gid } = userInfo();
  const [, group] = new RegExp(`^([^:]+):[^:]*:${gid}:`, 'm').exec(readFileSync('/etc/group', 'utf8')) ?? [];
  const here = logrotate
    .replaceAll('rc-notify rc-notify', `${username} ${group}`)
    .replaceAll(LOGS, directory);
  const file = join(directory, 'logrotate.conf');
  writeFileSync(file, here, { mode: 0o644 });
  writeFileSync(join(directory, 'scan.log'), 'one line\n');
  const tried = runHostProgram(context, 'logrotate', ['--debug', '--state', join(directory, 'state'), file]);
  expect(said(tried)).toContain(`considering log ${directory}/scan.log`);
  expect(said(tried)).not.toMatch(/^error/m);
  expect(tried.status).toBe(0);
});
