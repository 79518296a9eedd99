import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqlite } from '../src/ledger/sqlite.ts';
import { addNotification } from '../src/ledger/testing.ts';
import { displayWidth } from '../src/terminal/width.ts';
import { userName } from '../src/users.ts';
import type { CommandOptions, Finished } from './harness/command.ts';
import { fullDisk, mayMount, noFurtherFile } from './harness/disk.ts';
import { changeBrowser, LinkedPlaces } from './harness/linked-places.ts';
import { processesNaming } from './harness/processes.ts';
import { NO_GAPS, Workplace } from './harness/workplace.ts';
import { hostWith, RUNNING } from './support/fake-host.ts';
import { COLUMNS, database, lateRows, workplace as oraclePlace, PASSWORD } from './support/oracle-scan.ts';
import { tableOf } from './support/oracle-table.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const PARTS = [
  ...['configuration', 'secrets', 'state', 'ledger', 'lock', 'node', 'chromium', 'whatsapp', 'source'],
  ...['clock', 'timer', 'last scan', 'waiting', 'unknown fate', 'routing'],
];

interface Check {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly mend: string | null;
}

interface Examined {
  readonly checks: readonly Check[];
  readonly code: number | null;
  readonly finished: Finished;
  /** The checks of one part. */
  readonly of: (name: string) => Check[];
  /** Everything that is not right. */
  readonly wrong: readonly Check[];
}

type Options = Omit<CommandOptions, 'cwd'>;

/** `doctor --json`, on a host without systemd where nothing else is said. */
async function examined(
  work: Workplace,
  args: readonly string[] = [],
  options: Options = {},
): Promise<Examined> {
  const finished = await work.run(['doctor', '--json', ...args], { ...hostWith(), ...options });
  expect(finished.stdout, finished.stderr).toMatch(/^\{.*\}\n$/);
  const { checks, exitCode, ok } = JSON.parse(finished.stdout) as {
    checks: Check[];
    exitCode: number;
    ok: boolean;
  };
  expect(exitCode).toBe(finished.code);
  expect(ok).toBe(checks.every(({ status }) => status === 'ok'));
  for (const { status, mend } of checks) {
    expect(['ok', 'warning', 'failure', 'skipped']).toContain(status);
    expect(mend === null).toBe(status === 'ok' || status === 'skipped');
  }
  return {
    checks,
    code: finished.code,
    finished,
    of: (name) => checks.filter((check) => check.name === name),
    wrong: checks.filter(({ status }) => status !== 'ok'),
  };
}

/** A rehearsal that has scanned once. */
async function scannedPlace(settings: Readonly<Record<string, unknown>> = {}): Promise<Workplace> {
  const work = new Workplace({ channel: 'terminal', ...settings });
  work.late([{ meter: '10000001' }]);
  expect((await work.scan()).code).toBe(0);
  return work;
}

/** Every file below, with what tells a change: a directory has another time once SQLite has looked into it. */
function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => {
      const found = statSync(join(directory, name));
      return `${name} ${found.mode} ${found.isFile() ? `${found.size} ${found.mtimeMs}` : ''}`;
    })
    .sort();
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map(displayWidth));
}

describe('where everything is in order', () => {
  it('every part is looked at in order, and nothing is changed', async () => {
    const work = await scannedPlace();
    const before = filesIn(work.directory);
    const { checks, code } = await examined(work, [], hostWith(RUNNING));
    expect(checks.map(({ name, status }) => [name, status])).toEqual(PARTS.map((name) => [name, 'ok']));
    expect(code).toBe(0);
    expect(filesIn(work.directory)).toEqual(before);
  });

  it('before the first scan nothing is made', async () => {
    const work = new Workplace({ channel: 'terminal' });
    work.late([]);
    const before = filesIn(work.directory);
    const { code, wrong, of } = await examined(work, [], hostWith(RUNNING));
    expect(of('ledger')).toMatchObject([{ status: 'ok', detail: 'none yet; the first scan makes it' }]);
    expect(wrong).toMatchObject([
      { name: 'last scan', status: 'warning', mend: expect.stringContaining('scan') },
    ]);
    expect(code).toBe(0);
    expect(filesIn(work.directory)).toEqual(before);
  });

  it('it says so, in lines of 80 columns', async () => {
    const { stdout, code } = await (await scannedPlace()).run(['doctor'], hostWith(RUNNING));
    expect(stdout).toMatch(/^ok {7}configuration {2}\S[\s\S]*\n\nEverything is in order\.\n$/);
    expect(stdout).toMatch(/^ok {7}timer {10}last run 2026-11-22 18:30, next run 2026-11-22 18:45$/m);
    expect(code).toBe(0);
  });
});

describe('the configuration', () => {
  it('that is missing or wrong: 78, and what does not depend on it is looked at all the same', async () => {
    const work = new Workplace({ rules: { nonsense: 1 } });
    const wrong = await examined(work);
    expect(wrong.code).toBe(78);
    expect(wrong.of('configuration')).toMatchObject([
      { status: 'failure', detail: expect.stringContaining('nonsense') },
    ]);
    expect(wrong.checks.map(({ name }) => name)).toEqual(PARTS);
    expect(wrong.of('ledger')).toMatchObject([{ status: 'skipped' }]);
    expect(wrong.of('node')).toMatchObject([{ status: 'ok' }]);
    rmSync(join(work.directory, 'rc-notify.config.yaml'));
    const missing = await examined(work);
    expect(missing.code).toBe(78);
    expect(missing.of('configuration')[0]?.mend).toContain('rc-notify config init');
    const { stdout } = await work.run(['doctor'], hostWith());
    expect(stdout, 'one place a line').toMatch(/Looked for:\n {24}\S+\.yaml\n {24}\S+\.yaml\n/);
    expect(stdout).not.toContain('\\n');
  });

  it('that others may change, or that holds a secret they may read, is warned of', async () => {
    const work = await scannedPlace({ heartbeat: { url: 'https://example.org/secret' } });
    const file = join(work.directory, 'rc-notify.config.yaml');
    chmodSync(file, 0o646);
    const { code, of, finished } = await examined(work);
    expect(of('configuration').map(({ status, mend }) => [status, mend])).toEqual([
      ['ok', null],
      ['warning', `chmod o-w ${file}`],
      ['warning', `chmod o-r ${file}`],
    ]);
    expect(finished.stdout).not.toContain('example.org');
    expect(code).toBe(0);
  });

  it('whose template can not be used: 78', async () => {
    const work = await scannedPlace();
    work.configure({ channel: 'terminal', message: { template: 'missing.liquid' } });
    const { code, wrong } = await examined(work);
    expect(wrong[0]).toMatchObject({ name: 'template', status: 'failure' });
    expect(code).toBe(78);
  });
});

describe('the state directory and the ledger', () => {
  it('that others may look into is warned of', async () => {
    const work = await scannedPlace();
    chmodSync(work.state, 0o755);
    const { of, code } = await examined(work);
    expect(of('state')[1]).toMatchObject({ status: 'warning', mend: `chmod 0700 ${work.state}` });
    expect(code).toBe(0);
  });

  it.runIf(mayMount)('on a disk without room: 73', async () => {
    const work = await scannedPlace();
    const { under, keep } = fullDisk(work.state, 64);
    const { code, of } = await examined(work, [], { ...hostWith(), under });
    keep();
    expect(of('state')[0]).toMatchObject({ status: 'failure', mend: `Make room there: df -h ${work.state}` });
    expect(of('state')[0]?.detail).toContain('; 0 MiB free');
    expect(code).toBe(73);
  });

  it.runIf(mayMount)('on a disk that holds no further file: 73', async () => {
    const work = await scannedPlace();
    const { code, of } = await examined(work, [], { ...hostWith(), under: noFurtherFile(work.state) });
    expect(of('state')).toMatchObject([
      {
        status: 'failure',
        detail: expect.stringContaining(' free, for no more than 0 files'),
        mend: `Make room there: df -i ${work.state}`,
      },
    ]);
    expect(code).toBe(73);
  });

  it('that can not be made: 73', async () => {
    const work = new Workplace({ channel: 'terminal', state: { directory: 'rc-commands.csv/state' } });
    work.late([]);
    const { code, of } = await examined(work);
    expect(of('state')).toMatchObject([{ status: 'failure' }]);
    expect(code).toBe(73);
  });

  it.runIf(process.geteuid?.() === 0)(
    'that belongs to another user: 73, with the line that works',
    async () => {
      const work = await scannedPlace();
      spawnSync('chown', ['-R', 'nobody', work.state]);
      const { code, wrong } = await examined(work, [], hostWith(RUNNING));
      expect(wrong[0]).toMatchObject({
        name: 'state',
        mend: expect.stringContaining('sudo -u nobody rc-notify doctor'),
      });
      expect(new Set(wrong.slice(1).map(({ status }) => status))).toEqual(new Set(['skipped']));
      expect(code).toBe(73);
    },
  );

  it.runIf(process.geteuid?.() === 0)(
    'where another user left files: 73, which they are, and the line that mends it',
    async () => {
      const [uid, name] = [1, userName(1)];
      const work = await scannedPlace();
      mkdirSync(join(work.state, 'whatsapp/session'), { recursive: true, mode: 0o700 });
      mkdirSync(join(work.state, 'lost+found'), { mode: 0o700 });
      spawnSync('chown', ['-R', String(uid), work.directory]);
      for (const file of ['scan.lock', 'whatsapp/session', 'lost+found'])
        chownSync(join(work.state, file), 0, 0);
      const { code, of } = await examined(work, [], { ...hostWith(RUNNING), uid });
      const mend = `sudo chown -R ${name}: ${work.state}`;
      expect(of('state').slice(1)).toMatchObject([
        {
          name: 'state',
          status: 'failure',
          detail: `In ${work.state} another user made what this one can not write: scan.lock, whatsapp/session.`,
          mend,
        },
      ]);
      expect(of('lock')[0]?.detail).toContain(
        `The scan lock ${join(work.state, 'scan.lock')} can not be used`,
      );
      expect(code).toBe(73);
      for (const mode of [0o600, 0o644]) {
        chmodSync(join(work.state, 'scan.lock'), mode);
        const scan = await work.scan({ uid });
        expect([scan.code, scan.stderr.includes('rc-notify doctor')], mode.toString(8)).toEqual([73, true]);
      }

      spawnSync('sh', ['-c', mend.replace('sudo ', '')]);
      const mended = await examined(work, [], { ...hostWith(RUNNING), uid });
      expect(mended.of('state').map(({ status }) => status)).not.toContain('failure');
      expect((await work.scan({ uid })).code).toBe(0);
    },
  );

  it('a ledger with a damaged page: 73, and how to go on', async () => {
    const work = await scannedPlace();
    const ledger = openSqlite(join(work.state, 'ledger.db'));
    for (let n = 0; n < 400; n += 1) addNotification(ledger, { meter_number: `2000${n}` });
    const { rootpage } = ledger
      .prepare(`SELECT rootpage FROM sqlite_master WHERE name = 'notifications_meter'`)
      .get() as { rootpage: number };
    const pageSize = ledger.pragma('page_size', { simple: true }) as number;
    ledger.close();
    const file = openSync(join(work.state, 'ledger.db'), 'r+');
    writeSync(file, Buffer.alloc(pageSize, 'damage'), 0, pageSize, (rootpage - 1) * pageSize);
    closeSync(file);
    const { code, of } = await examined(work);
    expect(of('ledger')[0]).toMatchObject({
      status: 'failure',
      mend: expect.stringMatching(/rc-notify backup: \/.+\/docs\/operations\.md$/),
    });
    expect(code).toBe(73);
  });

  it('a ledger of no bytes, from which all would be told anew, is warned of', async () => {
    const work = await scannedPlace();
    writeFileSync(join(work.state, 'ledger.db'), '');
    const { of } = await examined(work);
    expect(of('ledger')).toMatchObject([
      { status: 'warning', mend: expect.stringContaining('rc-notify backup') },
    ]);
  });

  it('a file that is no ledger: 73, and what only the ledger tells is skipped', async () => {
    const work = await scannedPlace();
    writeFileSync(join(work.state, 'ledger.db'), 'this is not a database, and never was one'.repeat(30));
    const { code, of } = await examined(work);
    expect(of('ledger')).toMatchObject([
      { status: 'failure', detail: expect.stringContaining('not a ledger') },
    ]);
    expect(of('waiting')).toMatchObject([{ status: 'skipped' }]);
    expect(code).toBe(73);
  });

  it('a ledger of another machine: 78, and adopt', async () => {
    const work = new Workplace({ channel: 'terminal' });
    work.late([]);
    expect((await work.scan({ world: { machineId: 'the old machine' } })).code).toBe(0);
    const { code, wrong } = await examined(work, [], {
      ...hostWith(RUNNING),
      world: { machineId: 'this machine' },
    });
    expect(wrong).toMatchObject([
      { name: 'ledger', status: 'failure', mend: expect.stringContaining('rc-notify adopt') },
    ]);
    expect(code).toBe(78);
  });
});

it('with --config each command that mends something reads the same configuration', async () => {
  const work = new Workplace({ channel: 'terminal' });
  work.late([]);
  renameSync(join(work.directory, 'rc-notify.config.yaml'), join(work.directory, 'our own.yaml'));
  const { of, checks } = await examined(work, ['--config', 'our own.yaml']);
  expect(of('last scan')[0]?.mend).toBe(
    "rc-notify --config 'our own.yaml' scan --dry-run, then: rc-notify --config 'our own.yaml' scan",
  );
  expect(of('timer')[0]?.mend).not.toContain('--config');
  expect(checks.filter(({ mend }) => mend?.includes('--config'))).toHaveLength(1);
});

describe('the lock', () => {
  async function scanning(): Promise<Workplace> {
    const work = new Workplace({ channel: 'terminal', pace: { ...NO_GAPS, minGap: '60s', maxGap: '60s' } });
    work.late([{ meter: '12345678' }, { meter: '12345679' }]);
    await work.start(['scan']).wrote('12345678');
    return work;
  }

  it('that a scan holds is in order, and the scan runs', async () => {
    const { of, code } = await examined(await scanning());
    expect(of('lock')).toMatchObject([
      { status: 'ok', detail: expect.stringMatching(/^held by rc-notify scan \(process \d+\) for 0 min$/) },
    ]);
    expect(of('last scan')).toMatchObject([{ status: 'ok', detail: expect.stringContaining('runs since') }]);
    expect(code).toBe(0);
  });

  it('that is held for longer than a scan may last: 75', async () => {
    const work = await scanning();
    const { of, code } = await examined(work, [], { ...hostWith(), world: { aheadMs: 60 * MINUTE_MS } });
    expect(of('lock')).toMatchObject([{ status: 'failure', mend: expect.stringMatching(/kill \d+$/) }]);
    expect(code).toBe(75);
  });

  it('keeps --connect from connecting: 75, and it says that a scan runs', async () => {
    const { of, code } = await examined(await scanning(), ['--connect']);
    expect(of('connection')).toMatchObject([
      { status: 'failure', detail: expect.stringContaining('rc-notify scan') },
    ]);
    expect(code).toBe(75);
  });
});

describe('what scans left behind', () => {
  it('a last scan that failed: its exit code', async () => {
    const work = await scannedPlace();
    rmSync(work.source);
    expect((await work.scan()).code).toBe(69);
    work.late([]);
    const { wrong, code } = await examined(work, [], hostWith(RUNNING));
    expect(wrong).toMatchObject([{ name: 'last scan', status: 'failure' }]);
    expect(wrong[0]?.detail).toContain('exit code 69');
    expect(code).toBe(69);
  });

  it('a source that is not there: 69', async () => {
    const work = await scannedPlace();
    rmSync(work.source);
    const { wrong, code } = await examined(work, [], hostWith(RUNNING));
    expect(wrong).toMatchObject([{ name: 'source', status: 'failure' }]);
    expect(code).toBe(69);
  });

  it('a scan that was killed, and one that was long ago, are warned of', async () => {
    const work = new Workplace({ channel: 'terminal', pace: { ...NO_GAPS, minGap: '60s', maxGap: '60s' } });
    work.late([{ meter: '12345678' }, { meter: '12345679' }]);
    const scan = work.start(['scan']);
    await scan.wrote('12345678');
    scan.process.kill('SIGKILL');
    await scan.finished;
    const killed = await examined(work);
    expect(killed.of('last scan')).toMatchObject([
      { status: 'warning', detail: expect.stringContaining('killed') },
    ]);
    const later = await scannedPlace();
    const { of } = await examined(later, [], { ...hostWith(), world: { aheadMs: 2 * 60 * MINUTE_MS } });
    expect(of('last scan')).toMatchObject([
      { status: 'warning', detail: expect.stringContaining('more than an hour') },
    ]);
  });

  it('a meter that waits without a group: 1, and the office is named', async () => {
    const work = new Workplace({ channel: 'terminal', groups: { byNocs: {} } });
    work.late([{ meter: '10000001', nocs: 'আদাবর এনওসিএস' }]);
    expect((await work.scan()).code).toBe(1);
    const { of, code } = await examined(work);
    expect(of('waiting')).toMatchObject([{ status: 'failure', detail: '1 notification (no-group 1)' }]);
    expect(of('routing')).toMatchObject([
      { status: 'warning', detail: expect.stringContaining('আদাবর এনওসিএস') },
    ]);
    expect(code).toBe(1);
  });

  it('a message of unknown fate: 4, and the two ways to decide', async () => {
    const work = await scannedPlace();
    const ledger = openSqlite(join(work.state, 'ledger.db'));
    addNotification(ledger, { channel: 'terminal', dedupe_key: 'terminal:meter:1', send_status: 'unknown' });
    ledger.close();
    const { of, code } = await examined(work);
    expect(of('unknown fate')).toMatchObject([
      { status: 'failure', mend: expect.stringContaining('reset --unknown --as sent|not-sent') },
    ]);
    expect(code).toBe(4);
  });

  it('of several failures the exit code is that of the most urgent', async () => {
    const work = new Workplace({ channel: 'terminal', groups: { byNocs: {} } });
    work.late([{ meter: '10000001' }]);
    expect((await work.scan()).code).toBe(1);
    rmSync(work.source);
    expect((await examined(work)).code).toBe(69);
  });
});

describe('the clock', () => {
  it('that went back: nothing is sent, so it is a failure', async () => {
    const work = await scannedPlace();
    const { of, code } = await examined(work, [], { ...hostWith(), world: { aheadMs: -60 * MINUTE_MS } });
    expect(of('clock')).toMatchObject([{ status: 'failure', mend: expect.stringContaining('timedatectl') }]);
    expect(code).toBe(1);
  });

  it('that nobody keeps right is warned of', async () => {
    const { of } = await examined(await scannedPlace(), [], hostWith({ ...RUNNING, ntp: 'no' }));
    expect(of('clock')).toMatchObject([{ status: 'warning', mend: 'sudo timedatectl set-ntp true' }]);
  });
});

describe('the timer', () => {
  const timer = (more: Record<string, string>) => ({ ...RUNNING, timer: { ...RUNNING.timer, ...more } });

  it.each([
    ['no systemd', {}, 'warning', 'No systemd here', 0],
    ['not installed', { ntp: 'yes' }, 'warning', 'not installed', 0],
    ['stopped', timer({ ActiveState: 'inactive', NextElapseUSecRealtime: '' }), 'failure', 'stopped', 1],
    ['not enabled', timer({ UnitFileState: 'disabled' }), 'warning', 'after the next boot', 0],
  ] as const)('%s', async (_, units, status, text, exitCode) => {
    const { of, code } = await examined(await scannedPlace(), [], hostWith(units));
    expect(of('timer')).toMatchObject([{ status, detail: expect.stringContaining(text) }]);
    expect(of('timer')[0]?.mend).toBeTruthy();
    expect(code).toBe(exitCode);
  });

  it('of cron is set up by a file that is named where it is', async () => {
    const { of } = await examined(await scannedPlace());
    expect(of('timer')[0]?.mend).toMatch(/^Set up cron: \/.+\/systemd\/README\.md$/);
  });

  it('that is masked: 1, and no installation would mend it', async () => {
    const masked = hostWith({ timer: { LoadState: 'masked' } });
    const { of, code } = await examined(await scannedPlace(), [], masked);
    const mend = 'sudo systemctl unmask rc-notify.timer';
    expect(of('timer')).toMatchObject([{ status: 'failure', mend }]);
    expect(code).toBe(1);
  });

  it.each([
    ['is gone', 'not-found', 'not installed', 'sudo rc-notify service install'],
    ['is masked', 'masked', 'masked', 'sudo systemctl unmask rc-notify.service'],
  ])('whose service %s: 1', async (_, LoadState, text, mend) => {
    const service = { LoadState, Result: 'success' };
    const { of, code } = await examined(await scannedPlace(), [], hostWith({ ...RUNNING, service }));
    expect(of('timer')[1]).toMatchObject({
      status: 'failure',
      detail: expect.stringContaining(`rc-notify.service is ${text}`),
      mend,
    });
    expect(code).toBe(1);
  });

  it.each([
    ['before the program began', '243', 'failure', 1],
    ['by its own account', '78', 'warning', 0],
  ])('whose last run failed %s', async (_, ExecMainStatus, status, exitCode) => {
    const service = { ...RUNNING.service, Result: 'exit-code', ExecMainStatus };
    const { of, code } = await examined(await scannedPlace(), [], hostWith({ ...RUNNING, service }));
    expect(of('timer')[1]).toMatchObject({
      status,
      detail: `Its last run failed (exit-code ${ExecMainStatus}).`,
    });
    expect(code).toBe(exitCode);
  });
});

describe('a database', () => {
  const table = tableOf(COLUMNS, lateRows(2));
  /** A database whose clock is so far ahead of this host's. */
  const withClock = (aheadMs = 0) =>
    database({
      answer: (sql) => {
        if (!sql.includes('SYSTIMESTAMP')) return table(sql);
        const time = new Date(Date.now() + aheadMs).toISOString().replace('Z', '+00:00');
        return { columns: [{ name: 'TIME', type: 'VARCHAR2', size: 75 }], rows: [[time]] };
      },
    });

  it('is not asked without --connect, and its password is looked at', async () => {
    const oracle = await database();
    const work = oraclePlace(oracle);
    const well = await examined(work, [], hostWith(RUNNING));
    expect(well.of('source')).toMatchObject([
      { status: 'ok', detail: expect.stringContaining('--connect does') },
    ]);
    expect(well.of('secrets')).toMatchObject([{ status: 'ok' }]);
    expect(oracle.logons).toBe(0);

    chmodSync(join(work.directory, 'password'), 0o644);
    const open = await examined(work);
    expect(open.of('secrets')).toMatchObject([
      { status: 'failure', mend: expect.stringContaining('chmod o=') },
    ]);
    expect(open.code).toBe(78);
    expect(open.finished.stdout).not.toContain(PASSWORD);
  });

  it('whose password the service alone has is no failure of a check by hand', async () => {
    const work = oraclePlace(await database(), { oracle: { passwordFile: null } });
    const byHand = await examined(work, [], hostWith(RUNNING));
    expect(byHand.of('secrets')).toMatchObject([
      { status: 'warning', mend: expect.stringContaining('systemctl start rc-notify') },
    ]);
    expect(byHand.code).toBe(0);
    expect((await examined(work)).code).toBe(78);
  });

  it('is read once with --connect, and a wrong password is tried once: 77', async () => {
    const oracle = await withClock();
    const { of, code } = await examined(oraclePlace(oracle), ['--connect'], hostWith(RUNNING));
    expect(of('source')[0]).toMatchObject({
      status: 'ok',
      detail: expect.stringMatching(/Oracle Database 19\.3.*: 2 RC commands in progress/),
    });
    expect(code).toBe(0);

    const refused = await examined(oraclePlace(oracle, { password: 'Hunter2!' }), ['--connect']);
    expect(refused.of('source')).toMatchObject([
      { status: 'failure', detail: expect.stringContaining('refuses') },
    ]);
    expect(refused.code).toBe(77);
    expect(oracle.failedLogons).toBe(1);
  });

  it('whose clock differs is warned of', async () => {
    const { of, code } = await examined(oraclePlace(await withClock(4 * MINUTE_MS)), ['--connect']);
    expect(of('source').map(({ status }) => status)).toEqual(['ok', 'warning']);
    expect(of('source')[1]?.detail).toMatch(/clock of Oracle .* ahead of this host's/);
    expect(code).toBe(0);
  });
});

describe('WhatsApp', () => {
  const cleanUps: (() => Promise<void>)[] = [];
  let linked: LinkedPlaces;
  beforeAll(async () => {
    linked = await LinkedPlaces.link({ pace: NO_GAPS }, {}, (cleanUp) => cleanUps.push(cleanUp));
  });
  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });

  const idOf = (name: string) => linked.web.groups.find((group) => group.name === name)?.id ?? '';
  const isRoot = process.geteuid?.() === 0;

  /** Root's Chromium is without its sandbox, which is said. */
  const beyondRoot = (checks: readonly Check[]) =>
    checks.filter(({ name, status }) => !(isRoot && name === 'chromium' && status === 'warning'));

  it('is in order: Chromium starts with a profile of its own, and nobody connects', async () => {
    const place = linked.place({ groups: { default: null, byNocs: { 'NOCS-1': idOf('Banani NOCS') } } });
    place.late([]);
    expect((await place.scan()).code).toBe(0);
    const connections = linked.web.connections;
    const before = filesIn(place.state);
    const { checks, code } = await examined(place, [], hostWith(RUNNING));
    const wrong = beyondRoot(checks).filter(({ status }) => status !== 'ok');
    expect(wrong).toMatchObject([
      { name: 'configuration', detail: expect.stringContaining('groups.default') },
    ]);
    expect(checks.find(({ name }) => name === 'whatsapp')?.detail).toMatch(
      /^linked to \d+ since .+ in (29|30) days/,
    );
    expect(code).toBe(0);
    expect(linked.web.connections).toEqual(connections);
    expect(filesIn(place.state)).toEqual(before);
  });

  it('with --connect is really connected, and each group of the configuration is looked at', async () => {
    const byNocs = { 'NOCS-1': idOf('Banani NOCS'), 'আদাবর এনওসিএস': idOf('আদাবর এনওসিএস') };
    const place = linked.place({ groups: { default: idOf('DPDC notices'), byNocs } });
    place.late([]);
    expect((await place.scan()).code).toBe(0);
    const { of, code } = await examined(place, ['--connect'], hostWith(RUNNING));
    expect(of('connection')).toMatchObject([
      { status: 'ok', detail: expect.stringMatching(/^connected as \d+/) },
    ]);
    expect(of('group').map(({ status }) => status)).toEqual(['ok', 'ok', 'failure']);
    expect(of('group')[2]?.detail).toContain('only admins may post');
    expect(of('routing')).toMatchObject([
      { status: 'warning', detail: expect.stringContaining('only admins may post') },
    ]);
    expect(of('source')).toMatchObject([{ status: 'ok', detail: expect.stringContaining('0 RC commands') }]);
    expect(code).toBe(1);
    expect(processesNaming(join(place.state, 'whatsapp'))).toEqual([]);

    const shown = await place.run(['status', '--json'], hostWith());
    expect(JSON.parse(shown.stdout).routing.closedGroups).toMatchObject([
      { groupId: idOf('DPDC notices'), nocsNames: [], why: 'only admins may post' },
    ]);
  });

  it('a group that a scan could not post to is told afterwards, with the offices it was for', async () => {
    const byNocs = { 'NOCS-1': idOf('DPDC notices') };
    const place = linked.place({ groups: { default: idOf('Banani NOCS'), byNocs } });
    place.late([{ meter: '10000001' }]);
    expect((await place.scan()).code).toBe(0);
    const { of } = await examined(place);
    expect(of('routing')).toMatchObject([
      {
        status: 'warning',
        detail: expect.stringMatching(/\(NOCS-1\) could not be posted to .*only admins may post/),
      },
    ]);
  });

  it('with --connect finds a session that was ended on the phone: 77', async () => {
    const place = linked.place();
    place.late([]);
    linked.web.fault('unpaired', { at: 'start' });
    const { of, code } = await examined(place, ['--connect']);
    expect(of('connection')).toMatchObject([
      { status: 'failure', mend: expect.stringContaining('rc-notify login') },
    ]);
    expect(code).toBe(77);
  });

  it('unused for long is warned of, and then most likely lapsed: 77', async () => {
    const place = linked.place();
    place.late([]);
    const daysLater = (days: number) =>
      examined(place, [], { ...hostWith(), world: { aheadMs: days * DAY_MS } });
    const old = await daysLater(15);
    expect(old.of('whatsapp')).toMatchObject([
      { status: 'warning', detail: expect.stringContaining('in 14 days') },
    ]);
    expect(old.code).toBe(0);
    const lapsed = await daysLater(31);
    expect(lapsed.of('whatsapp')).toMatchObject([
      { status: 'failure', mend: expect.stringContaining('login') },
    ]);
    expect(lapsed.code).toBe(77);
  });

  it('that is not linked: 77', async () => {
    const place = linked.place();
    rmSync(place.state, { recursive: true });
    place.late([]);
    const { of, code } = await examined(place);
    expect(of('whatsapp')).toMatchObject([{ status: 'failure', mend: 'rc-notify login' }]);
    expect(code).toBe(77);
  });

  it('without a Chromium, or with one that can not make its sandbox: 78', async () => {
    const place = linked.place();
    place.late([]);
    changeBrowser(place, { executablePath: '/nowhere/chromium' });
    const none = await examined(place);
    expect(none.of('chromium')).toMatchObject([
      { status: 'failure', detail: expect.stringContaining('/nowhere/chromium') },
    ]);
    expect(none.code).toBe(78);

    const executablePath = join(place.directory, 'chromium');
    const script = `case $1 in --version) echo Chromium 156.0.8078.79 ;; *) echo 'No usable sandbox!' >&2; exit 1 ;; esac`;
    writeFileSync(executablePath, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    changeBrowser(place, { executablePath });
    const boxless = await examined(place);
    expect(boxless.of('chromium')).toMatchObject([
      { status: 'failure', mend: expect.stringContaining('unshare -Ur true') },
    ]);
    expect(boxless.code).toBe(78);
  });
});

describe('routing that has drifted from the source', () => {
  const MONTH_MS = 31 * DAY_MS;

  it('is told: offices without a group, names not met for a month, meters told for an earlier command', async () => {
    const groups = {
      default: '120363000000000000@g.us',
      byNocs: {
        'NOCS-1': '120363000000000001@g.us',
        পুরাতন: '120363000000000002@g.us',
        Typo: '120363000000000003@g.us',
      },
    };
    const work = new Workplace({ channel: 'terminal', groups });
    const commands = (rows: readonly string[]) =>
      writeFileSync(
        work.source,
        ['METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS,COMMAND_ID', ...rows, ''].join('\n'),
      );
    commands(['10000001,NOCS-1,9000,C-1', '10000002,পুরাতন,60,C-2']);
    expect((await work.scan({ world: { aheadMs: -MONTH_MS } })).code).toBe(0);
    commands(['10000001,NOCS-1,9000,C-3', '10000003,নতুন কার্যালয়,60,C-4']);
    expect((await work.scan()).code).toBe(0);

    const { of, code } = await examined(work);
    const told = of('routing').map(({ detail }) => detail);
    expect(told).toHaveLength(4);
    expect(told[0]).toContain('NOCS নতুন কার্যালয় has no group of its own: it is told in the default group');
    expect(told[1]).toMatch(/^NOCS পুরাতন of groups\.byNocs was last seen 20\d\d-/);
    expect(told[2]).toContain('NOCS Typo of groups.byNocs was never seen');
    expect(told[3]).toMatch(/^1 meters? .+ earlier command/);
    expect(code).toBe(0);

    const { stdout } = await work.run(['doctor'], hostWith());
    expect(stdout).toContain('নতুন');
    // A path is one word, however long it is.
    const wide = stdout.split('\n').filter((line) => !/\/\S{20,}/.test(line));
    expect(widest(wide.join('\n'))).toBeLessThanOrEqual(80);
    const { stdout: status } = await work.run(['status'], hostWith());
    expect(status).toMatch(/^Routing: {4}NOCS নতুন কার্যালয় has no group/m);
    expect(widest(status)).toBeLessThanOrEqual(80);
  });

  it('what --source or a dry run reads is not remembered', async () => {
    const work = await scannedPlace();
    const other = join(work.directory, 'other.csv');
    writeFileSync(other, 'METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS\n1,Elsewhere,60\n');
    expect((await work.run(['scan', '--source', other])).code).toBe(0);
    work.late([{ meter: '10000002', nocs: 'Not yet' }]);
    expect((await work.run(['scan', '--dry-run'])).code).toBe(0);
    expect(work.query('SELECT name FROM nocs_seen')).toEqual([{ name: 'NOCS-1' }]);
  });
});

it('a rehearsal with everything wrong still reads well', async () => {
  const work = new Workplace({ channel: 'terminal', groups: { byNocs: {} }, state: { directory: 'state' } });
  mkdirSync(work.state, { mode: 0o755 });
  const { stdout, code } = await work.run(['doctor'], hostWith());
  expect(code).toBe(69);
  expect(stdout).toMatch(/\n\n1 failure, \d warnings?\.\n$/);
  expect(stdout).toMatch(/^failure {2}source {9}\S/m);
  expect(stdout).toMatch(/^ {24}-> \S/m);
});
