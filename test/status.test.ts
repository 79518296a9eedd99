import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { openSqlite } from '../src/ledger/sqlite.ts';
import { addNotification, insert } from '../src/ledger/testing.ts';
import { displayWidth } from '../src/terminal/width.ts';
import { readOnly } from './harness/disk.ts';
import { NO_GAPS, Workplace } from './harness/workplace.ts';
import { hostWith, RUNNING } from './support/fake-host.ts';

const BENGALI = 'আদাবর এনওসিএস কার্যালয়';
/** By the wall clock of Dhaka. */
const SHOWN_TIME = /\d{4}-\d\d-\d\d \d\d:\d\d/g;

/** A rehearsal: one told, two offices without a group that wait, one muted. */
async function busyPlace(): Promise<Workplace> {
  const work = new Workplace({
    channel: 'terminal',
    pace: { ...NO_GAPS, perDay: 40 },
    groups: { byNocs: { 'NOCS-1': '120363000000000001@g.us' } },
  });
  expect((await work.run(['mute', '--meter', '10000004', '--for', '7d'])).code).toBe(0);
  work.late([
    { meter: '10000001' },
    { meter: '10000002', nocs: BENGALI },
    { meter: '10000003', nocs: ` ${BENGALI.replace(' ', '  ')}` },
    { meter: '10000004' },
    { meter: '10000005', minutes: 10 },
  ]);
  expect((await work.scan()).code).toBe(1);
  return work;
}

async function statusJson(work: Workplace, host = hostWith()) {
  const { stdout, code, stderr } = await work.run(['status', '--json'], host);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe('for people', () => {
  it('the last scans, what waits and why, and what is coming, in 80 columns', async () => {
    const { stdout, code, stderr } = await (await busyPlace()).run(['status'], hostWith(RUNNING));
    expect(code, stderr).toBe(0);
    expect(stderr).toBe('');
    expect(
      stdout.replace(SHOWN_TIME, 'YYYY-MM-DD hh:mm').replace(/ \d+ s /, ' 0 s '),
    ).toBe(`Scans:      none runs now; the last:

STARTED           TOOK  RESULT  CHECKED  ALERT  STUCK  SENT  FAILED
YYYY-MM-DD hh:mm  0 s   exit 1  5        0      4      1     0

Waiting:    3 notifications

NOCS                   METERS  WHY                  OLDEST
${BENGALI}  2       no group to post to  YYYY-MM-DD hh:mm
NOCS-1                 1       muted                YYYY-MM-DD hh:mm

Unknown:    none
Last 24 h:  1 of at most 40 messages (pace.perDay)
WhatsApp:   not used: channel is terminal
Next run:   YYYY-MM-DD hh:mm
Routing:    NOCS ${BENGALI} has no group of its own: its late meters
            wait. Add it under groups.byNocs: rc-notify groups --format
            yaml.
`);
    expect(stdout).toContain('\nNext run:   2026-11-22 18:45\n');
    expect(Math.max(...stdout.split('\n').map(displayWidth))).toBeLessThanOrEqual(80);
  });

  it('before the first scan, and without systemd', async () => {
    const work = new Workplace({ channel: 'whatsapp' });
    const { stdout, code } = await work.run(['status'], hostWith());
    expect(code).toBe(0);
    expect(stdout).toContain('Scans:      none yet\nWaiting:    nothing\nUnknown:    none\n');
    expect(stdout).toContain('WhatsApp:   no number is linked: rc-notify login\n');
    expect(stdout).toContain('Next run:   not known: there is no systemd here\n');
    expect(readdirSync(work.directory)).toEqual(['rc-notify.config.yaml']);
  });

  it('a scan that runs is named', async () => {
    const work = new Workplace({ channel: 'terminal', pace: { ...NO_GAPS, minGap: '60s', maxGap: '60s' } });
    work.late([{ meter: '12345678' }, { meter: '12345679' }]);
    const scan = work.start(['scan']);
    await scan.wrote('12345678');
    const { stdout } = await work.run(['status'], hostWith());
    expect(stdout).toMatch(
      new RegExp(`^Scans: {6}rc-notify scan runs since .+ \\(process ${scan.process.pid}\\)\n`),
    );
    expect(stdout).toContain('  no end  ');
    expect(stdout).toContain('not sent yet');
    const { running } = await statusJson(work);
    expect(running).toMatchObject({ command: 'scan', pid: scan.process.pid });
  });

  it.each(['{}', '[]', 'null', '{"command":"scan","pid":1,"since":"yesterday"}'])(
    'a run that holds the lock and says %s is another run',
    async (holder) => {
      const work = await busyPlace();
      const lock = openSqlite(join(work.state, 'scan.lock'));
      lock.exec('BEGIN EXCLUSIVE');
      writeFileSync(join(work.state, 'scan.lock.holder'), holder);
      const { stdout, code, stderr } = await work.run(['status'], hostWith());
      const doctor = await work.run(['doctor', '--json'], hostWith());
      lock.close();
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/^Scans: {6}another run holds the lock\n/);
      expect(JSON.parse(doctor.stdout).checks).toContainEqual(
        expect.objectContaining({ name: 'lock', status: 'ok', detail: 'held by another run' }),
      );
    },
  );

  it('in a working directory that is no more', async () => {
    const work = await busyPlace();
    mkdirSync(join(work.directory, 'gone'));
    const under = ['sh', '-c', 'cd gone && rmdir ../gone && exec "$@"', 'sh'];
    const config = join(work.directory, 'rc-notify.config.yaml');
    const status = await work.run(['status', '--config', config], { ...hostWith(RUNNING), under });
    expect(status.code, status.stderr).toBe(0);
    expect(status.stdout).toContain('Scans:      none runs now');
  });

  it('a ledger that can not be read: 73', async () => {
    const work = await busyPlace();
    writeFileSync(join(work.state, 'ledger.db'), 'no ledger'.repeat(100));
    const { code, stderr } = await work.run(['status'], hostWith());
    expect(code).toBe(73);
    expect(stderr).toContain('ERR_RC_LEDGER_UNREADABLE');
  });
});

describe('for machines', () => {
  it('--json has the same, with the names that scan --json uses', async () => {
    const work = await busyPlace();
    const found = await statusJson(work, hostWith(RUNNING));
    expect(found).toMatchObject({
      running: null,
      pending: 3,
      muted: 1,
      noGroup: 2,
      unknown: 0,
      waiting: [
        { nocsName: BENGALI, reason: 'no-group', notifications: 2 },
        { nocsName: 'NOCS-1', reason: 'muted', notifications: 1 },
      ],
      messagesLastDay: { handedOver: 1, limit: 40 },
      session: null,
      timer: { isInstalled: true, isEnabled: true, isActive: true, lastRun: '2026-11-22T12:30:12.000Z' },
      nextRun: '2026-11-22T12:45:12.000Z',
      routing: { withoutGroup: [{ nocsName: BENGALI, groupId: null }], notSeen: [], closedGroups: [] },
    });
    expect(found.scans).toMatchObject([
      { exitCode: 1, counts: { checked: 5, stuck: 4, sent: 1 }, channel: 'terminal' },
    ]);
    expect(found.lastSuccessAt).toBe(null);
  });

  it('what was refused is waiting to be tried again, and only the last 24 hours count towards the cap', async () => {
    const work = await busyPlace();
    const ledger = openSqlite(join(work.state, 'ledger.db'));
    const now = Date.now();
    const at = (hours: number) => new Date(now - hours * 3_600_000).toISOString();
    const channel = 'terminal';
    const refused = { channel, send_status: 'failed', reason: 'due' } as const;
    addNotification(ledger, { ...refused, dedupe_key: 'terminal:meter:1', next_attempt_at: at(-1) });
    addNotification(ledger, { ...refused, dedupe_key: 'terminal:meter:2', next_attempt_at: null });
    for (const [id, hours] of [23, 25].entries()) {
      const message = { id: `3EB0${id}`, channel, group_id: '1@g.us', send_status: 'sent', id_imposed: 1 };
      insert(ledger, 'messages', {
        ...message,
        attempts: 1,
        first_attempt_at: at(hours),
        last_attempt_at: at(hours),
      });
    }
    ledger.close();
    const found = await statusJson(work);
    expect(found.waiting.filter(({ reason }: { reason: string }) => reason === 'retry')).toMatchObject([
      { nocsName: 'NOCS-1', notifications: 1 },
    ]);
    expect(found.messagesLastDay.handedOver).toBe(2);
  });
});

describe('--prometheus', () => {
  async function written(work: Workplace, file = 'rc-notify.prom') {
    const { stdout, code, stderr } = await work.run(['status', '--prometheus', file], {
      ...hostWith(RUNNING),
      under: ['sh', '-c', 'umask 077; exec "$@"', 'sh'],
    });
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('');
    return readFileSync(join(work.directory, file), 'utf8');
  }

  const seriesIn = (text: string, series: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1];

  it('writes what status shows, for everybody to read, and leaves nothing else behind', async () => {
    const work = await busyPlace();
    mkdirSync(join(work.directory, 'collector'));
    const text = await written(work, 'collector/rc-notify.prom');
    const value = (series: string) => seriesIn(text, `rc_notify_${series}`);
    expect(value('last_scan_exit_code')).toBe('1');
    expect(value('last_scan_commands{state="stuck"}')).toBe('4');
    expect(value('notifications_waiting{reason="no_group"}')).toBe('2');
    expect(value('notifications_waiting{reason="retry"}')).toBe('0');
    expect(value('notifications_sent_total')).toBe('1');
    expect(value('messages_last_day')).toBe('1');
    expect(value('messages_last_day_limit')).toBe('40');
    expect(value('next_run_timestamp_seconds')).toBe(String(Date.parse('2026-11-22T12:45:12Z') / 1000));
    expect(value('routing_drift{kind="nocs_without_group"}')).toBe('1');
    expect(value('last_success_timestamp_seconds')).toBe(undefined);
    expect(Number(value('last_scan_start_timestamp_seconds'))).toBeGreaterThan(Date.now() / 1000 - 60);
    expect(statSync(join(work.directory, 'collector/rc-notify.prom')).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(work.directory, 'collector'))).toEqual(['rc-notify.prom']);
    expect(text, 'no name of the source becomes a label').not.toContain('আদাবর');
  });

  it('is in the form that Prometheus reads', async () => {
    const work = await busyPlace();
    work.late([{ meter: '10000005', minutes: 10 }]);
    await work.scan();
    for (const text of [await written(work), await written(new Workplace({ channel: 'whatsapp' }))]) {
      expectWellFormed(text);
      const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      if (checked.error !== undefined) {
        process.stderr.write('promtool is not here: the metrics were checked by the test itself alone.\n');
      } else expect(checked).toMatchObject({ status: 0, stdout: '', stderr: '' });
    }
  });

  it('replaces the file whole, and leaves it as it was where it can not: 73', async () => {
    const work = await busyPlace();
    const directory = join(work.directory, 'collector');
    mkdirSync(directory);
    const before = '# HELP rc_notify_scan_running Before.\n';
    writeFileSync(join(directory, 'rc-notify.prom'), before);
    expect(await written(work, 'collector/rc-notify.prom')).toContain('# TYPE');
    writeFileSync(join(directory, 'rc-notify.prom'), before);
    chmodSync(work.directory, 0o755);
    const { code, stderr } = await work.run(['status', '--prometheus', 'collector/rc-notify.prom'], {
      ...hostWith(),
      ...readOnly(directory),
    });
    expect(code).toBe(73);
    if (!stderr.includes('ERR_RC_LEDGER_OWNER')) expect(stderr).toContain('ERR_RC_OUTPUT');
    expect(readFileSync(join(directory, 'rc-notify.prom'), 'utf8')).toBe(before);
    expect(readdirSync(directory)).toEqual(['rc-notify.prom']);
  });

  it('another file is never replaced, the ledger and the configuration least of all; an empty one is', async () => {
    const work = await busyPlace();
    writeFileSync(join(work.directory, 'other.prom'), '# HELP node_load1 The load.\n');
    writeFileSync(join(work.directory, 'empty.prom'), '');
    for (const file of ['state/ledger.db', 'rc-notify.config.yaml', 'other.prom']) {
      const before = readFileSync(join(work.directory, file));
      const { code, stderr } = await work.run(['status', '--prometheus', file], hostWith());
      expect(code, stderr).toBe(73);
      expect(stderr).toContain('[ERR_RC_OUTPUT]');
      expect(stderr).toContain('Name a new file');
      expect(readFileSync(join(work.directory, file)).equals(before), file).toBe(true);
    }
    expect(await written(work, 'empty.prom')).toContain('# TYPE');
  });

  it('- prints them, and no file of that name is made', async () => {
    const work = await busyPlace();
    const { stdout, code, stderr } = await work.run(['status', '--prometheus', '-'], hostWith(RUNNING));
    expect(code, stderr).toBe(0);
    expectWellFormed(stdout);
    const both = await work.run(['status', '--json', '--prometheus', '-'], hostWith());
    expect([both.code, both.stdout]).toEqual([64, '']);
    expect(readdirSync(work.directory)).not.toContain('-');
  });

  it('what is no file is never replaced by one: 73', async () => {
    const work = await busyPlace();
    symlinkSync('/dev/stdout', join(work.directory, 'link'));
    writeFileSync(join(work.directory, 'plain'), '');
    for (const file of ['link', '.', 'plain/rc-notify.prom']) {
      const { code, stderr } = await work.run(['status', '--prometheus', file], hostWith());
      expect(code, stderr).toBe(73);
      expect(stderr).toContain('ERR_RC_OUTPUT');
    }
    expect(lstatSync(join(work.directory, 'link')).isSymbolicLink()).toBe(true);
  });
});

/** https://prometheus.io/docs/instrumenting/exposition_formats/ and the naming practices beside it. */
function expectWellFormed(text: string): void {
  expect(text).toMatch(/\n$/);
  const blocks = text.split(/^(?=# HELP )/m);
  const names = blocks.map((block) => {
    const [, name = '', type = ''] =
      /^# HELP (rc_notify_[a-z_]+) \S.*\n# TYPE \1 (gauge|counter)\n/.exec(block) ?? [];
    expect(name, block).not.toBe('');
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    const samples = block.trimEnd().split('\n').slice(2);
    expect(samples.length).toBeGreaterThan(0);
    for (const sample of samples)
      expect(sample).toMatch(new RegExp(`^${name}(\\{[a-z]+="[a-z_]+"\\})? [\\d.]+$`));
    expect(new Set(samples.map((sample) => sample.split(' ')[0])).size).toBe(samples.length);
    return name;
  });
  expect(new Set(names).size).toBe(names.length);
}
