import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseDuration } from '../src/duration.ts';
import { ExitCode } from '../src/exit-codes.ts';
import { Workplace } from './harness/workplace.ts';
import { runHostProgram, said } from './support/host-program.ts';
import { UnitFile } from './support/unit-file.ts';

const FOLDER = fileURLToPath(new URL('../systemd/', import.meta.url));
const BIN = fileURLToPath(new URL('../bin/rc-notify.js', import.meta.url));
const SCHEMA = JSON.parse(readFileSync(new URL('../config.schema.json', import.meta.url), 'utf8'));
const USER = 'rc-notify';
const STATE = '/var/lib/rc-notify';
const CONFIG = '/etc/rc-notify/config.yaml';

const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const service = new UnitFile(read('rc-notify.service'));
const timer = new UnitFile(read('rc-notify.timer'));
const failure = new UnitFile(read('rc-notify-failure@.service'));

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rc-notify-systemd-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the units', () => {
  it('are understood by systemd to the last word', (context) => {
    cpSync(FOLDER, directory, { recursive: true });
    // The program is not installed here: named by a drop-in, as where it is not in systemd's path.
    mkdirSync(join(directory, 'rc-notify.service.d'));
    writeFileSync(
      join(directory, 'rc-notify.service.d/program.conf'),
      `[Service]\nExecStart=\nExecStart=${process.execPath} ${BIN} scan\n`,
    );
    // With the host's own units systemd might have something to say about those.
    for (const name of ['sysinit', 'basic', 'shutdown', 'timers', 'network-online']) {
      writeFileSync(join(directory, `${name}.target`), '[Unit]\nDescription=needed by the units\n');
    }
    const paths = ['rc-notify.service', 'rc-notify.timer', 'rc-notify-failure@rc-notify.service.service'];
    const verified = runHostProgram(
      context,
      'systemd-analyze',
      ['verify', ...paths.map((path) => join(directory, path))],
      {
        SYSTEMD_UNIT_PATH: directory,
      },
    );
    // An unknown key, value or system call is only told: the exit code is 0 all the same.
    expect(said(verified)).toBe('');
    expect(verified.status).toBe(0);
  });

  it.for(['rc-notify.service', 'rc-notify-failure@.service'])(
    '%s is exposed by 1.8 or less',
    (name, context) => {
      const args = ['security', '--offline=true', '--threshold=18', join(FOLDER, name)];
      const { status, stdout } = runHostProgram(context, 'systemd-analyze', args);
      expect(status, stdout).toBe(0);
    },
  );

  it('name each other', () => {
    expect(timer.all('Timer', 'Unit'), 'the service of the same name').toEqual([]);
    expect(timer.one('Install', 'WantedBy')).toBe('timers.target');
    expect(service.all('Install', 'WantedBy'), 'only the timer starts it').toEqual([]);
    const told = service.one('Unit', 'OnFailure').replace('%n', 'rc-notify.service');
    expect(existsSync(join(FOLDER, told.replace(/@.+(?=\.service$)/, '@'))), told).toBe(true);
  });

  it('give a scan, and its end, more time than it takes', () => {
    const deadline = parseDuration(SCHEMA.properties.pace.properties.deadline.default) ?? Number.NaN;
    expect(seconds(service.one('Service', 'TimeoutStartSec'))).toBeGreaterThan(deadline / 1000 + 120);
    expect(seconds(service.one('Service', 'TimeoutStopSec'))).toBeGreaterThan(20);
  });

  it('stay quiet about a run that met another one or was stopped, and about nothing else', () => {
    expect(service.one('Service', 'SuccessExitStatus')).toBe(`${ExitCode.TEMPFAIL}`);
  });

  it('start a scan that the program understands', async () => {
    const [program, ...args] = service.one('Service', 'ExecStart').split(' ');
    expect(program, 'found by systemd in /usr/local/bin and /usr/bin').toBe('rc-notify');
    const workplace = new Workplace({ channel: 'terminal' });
    workplace.late([{ meter: '1', minutes: 10 }]);
    const config = join(workplace.directory, 'rc-notify.config.yaml');
    const { finished } = workplace.start(args.map((arg) => arg.replace(CONFIG, config)));
    expect(await finished).toMatchObject({ code: 0, stdout: expect.stringContaining('meters checked: 1') });
  });

  it('run it as the user, in the directory and with the configuration of everything else', () => {
    expect([service.one('Service', 'User'), service.one('Service', 'Group')]).toEqual([USER, USER]);
    expect(`/var/lib/${service.one('Service', 'StateDirectory')}`).toBe(STATE);
    expect(service.one('Service', 'NoExecPaths').split(' ')).toContain('%S/rc-notify');
    expect(service.one('Service', 'ExecStart')).toContain(` --config ${CONFIG}`);
  });

  it('take the password as a credential that may be missing', () => {
    // With a directory in it a missing file fails the unit: systemd.exec(5).
    expect(service.one('Service', 'LoadCredential')).toMatch(/^oracle-password:[^/]+$/);
  });
});

describe('what is said after a failure', () => {
  function tell(result: string, status: string): string {
    const [, script = ''] = /^\/bin\/sh -c '(.*)'$/.exec(failure.one('Service', 'ExecStart')) ?? [];
    const { stdout, stderr } = spawnSync(
      'sh',
      ['-c', script.replaceAll('$$', '$').replaceAll('%i', 'rc-notify.service')],
      {
        encoding: 'utf8',
        env: {
          MONITOR_SERVICE_RESULT: result,
          MONITOR_EXIT_STATUS: status,
          MONITOR_INVOCATION_ID: '0123abcd',
        },
      },
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^<3>.+\.\n<3>Next: \S.+\n<5>.+_SYSTEMD_INVOCATION_ID=0123abcd\n$/);
    return stdout;
  }

  const failures = Object.entries(ExitCode).filter(([name]) => !['OK', 'TEMPFAIL'].includes(name));

  it.each(failures)('names %s and what to do', (name, code) => {
    const word = name === 'UNKNOWN_FATE' ? 'UNKNOWN' : name;
    expect(tell('exit-code', `${code}`)).toContain(`rc-notify.service failed: ${code} ${word}: `);
  });

  it('sends after 78 to the command that knows all its causes', () => {
    const told = tell('exit-code', `${ExitCode.CONFIG}`);
    expect(told).toMatch(/configuration .+ ledger .+ another machine.+ browser has settings that do not fit/);
    expect(told).toContain(`\n<3>Next: sudo -u rc-notify rc-notify doctor --config ${CONFIG}\n`);
  });

  it.each([
    ['exit-code', '203', /203 EXEC: .+\n.+service install/],
    ['exit-code', '243', /243 CREDENTIALS: /],
    ['exit-code', '226', /226 systemd could not start it/],
    ['timeout', 'TERM', /did not end within TimeoutStartSec=/],
    ['timeout', '75', /did not end within TimeoutStartSec=/],
    ['oom-kill', 'KILL', /MemoryMax=/],
    ['signal', 'KILL', /ended by SIGKILL/],
    ['protocol', '', /failed: protocol\./],
  ])('knows what systemd means by %s %s', (result, status, text) => {
    expect(tell(result, status)).toMatch(text);
  });
});

describe('the user and the directories', () => {
  it('are made as the units need them', (context) => {
    const root = ['--root', directory];
    mkdirSync(join(directory, 'etc'));
    runHostProgram(context, 'systemd-sysusers', [...root, join(FOLDER, 'sysusers.d/rc-notify.conf')]);
    const [name, , uid, gid, , home, shell] = readFileSync(join(directory, 'etc/passwd'), 'utf8')
      .trim()
      .split(':');
    expect([name, home, shell]).toEqual([USER, STATE, '/usr/sbin/nologin']);

    const made = runHostProgram(context, 'systemd-tmpfiles', [
      '--create',
      ...root,
      join(FOLDER, 'tmpfiles.d/rc-notify.conf'),
    ]);
    const state = statSync(join(directory, STATE));
    const config = statSync(join(directory, dirname(CONFIG)));
    expect([state.mode & 0o7777, config.mode & 0o7777]).toEqual([0o700, 0o750]);
    // Nobody else can give directories away.
    if (process.geteuid?.() !== 0) return;
    expect(said(made)).toBe('');
    expect([state.uid, state.gid]).toEqual([Number(uid), Number(gid)]);
    expect([config.uid, config.gid]).toEqual([0, Number(gid)]);
  });
});

/** A time span of systemd.time(7), as far as the units use it. */
function seconds(span: string): number {
  const [, number, unit] = /^(\d+)(s|min)$/.exec(span) ?? [];
  return Number(number) * (unit === 'min' ? 60 : 1);
}
