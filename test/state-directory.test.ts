import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { machineId } from '../src/ledger/machine-id.ts';
import { openSqlite } from '../src/ledger/sqlite.ts';
import type { Finished } from './harness/command.ts';
import { mayMount, readOnly } from './harness/disk.ts';
import { countMeters, eachOnce, meterNumbers, scanJson, Workplace } from './harness/workplace.ts';

const METERS = meterNumbers(3);
const MINUTE_MS = 60_000;

function workplace(): Workplace {
  const work = new Workplace({ channel: 'terminal' });
  work.late(METERS.map((meter) => ({ meter })));
  return work;
}

async function withLedger(): Promise<Workplace> {
  const work = workplace();
  expect((await work.scan()).code).toBe(0);
  return work;
}

function expectRefused(finished: Finished, code: number, error: string): void {
  expect(finished.code, finished.stderr).toBe(code);
  const { exitCode, errors } = scanJson(finished);
  expect([exitCode, errors[0]?.code]).toEqual([code, error]);
  expect(finished.stderr).toContain(`[${error}]\n`);
  expect(finished.stderr).not.toContain('This is a bug');
}

describe(`a state directory that can not be written (${mayMount ? 'mounted read-only' : 'by modes: this user may not mount'})`, () => {
  it('and is empty: 73, nothing is shown', async () => {
    const work = workplace();
    mkdirSync(work.state);
    const finished = await work.scan(readOnly(work.state));
    expectRefused(finished, 73, 'ERR_RC_STATE_DIRECTORY');
    expect(countMeters(finished.stderr, METERS)).toEqual({ 10000001: 0, 10000002: 0, 10000003: 0 });
  });

  it('and holds a ledger: 73, nothing is shown, and afterwards everything goes on', async () => {
    const work = await withLedger();
    const [late = ''] = meterNumbers(1, 30_000_001);
    work.late([...METERS, late].map((meter) => ({ meter })));
    const finished = await work.scan(readOnly(work.state));
    expect(finished.code, finished.stderr).toBe(73);
    expect(scanJson(finished).exitCode).toBe(73);
    expect(countMeters(finished.stderr, [late])).toEqual({ [late]: 0 });
    if (!mayMount) return;
    const next = await work.scan();
    expect(next.code, next.stderr).toBe(0);
    expect(scanJson(next).counts).toMatchObject({ sent: 1, alreadyNotified: 3 });
  });
});

describe('a ledger that can not be used is left as it is, and nothing is sent', () => {
  it('a directory in its place that is a file: 73', async () => {
    const work = workplace();
    writeFileSync(work.state, 'not a directory');
    expectRefused(await work.scan(), 73, 'ERR_RC_STATE_DIRECTORY');
  });

  it('garbage: 73', async () => {
    const work = workplace();
    mkdirSync(work.state);
    const ledger = join(work.state, 'ledger.db');
    const garbage = 'this is no database '.repeat(1000);
    writeFileSync(ledger, garbage);
    expectRefused(await work.scan(), 73, 'ERR_RC_LEDGER_UNREADABLE');
    expect(readFileSync(ledger, 'utf8')).toBe(garbage);
    const history = await work.run(['history']);
    expect(history.code).toBe(73);
    rmSync(ledger);
    expect(history.stderr).toContain('run rc-notify scan --baseline before');
    expect((await work.run(['scan', '--baseline'])).code).toBe(0);
    const next = await work.scan();
    expect(scanJson(next).counts).toMatchObject({ sent: 0, pending: 0 });
  });

  it('a ledger that was cut off: 73', async () => {
    const work = await withLedger();
    truncateSync(join(work.state, 'ledger.db'), 40 * 1024);
    const finished = await work.scan();
    expectRefused(finished, 73, 'ERR_RC_LEDGER_UNREADABLE');
    expect(finished.stderr).toContain('run rc-notify scan --baseline before');
  });

  it('a scan lock that is none: 73, and it is called by its name', async () => {
    const work = await withLedger();
    writeFileSync(join(work.state, 'scan.lock'), 'this is no lock '.repeat(100));
    const finished = await work.scan();
    expectRefused(finished, 73, 'ERR_RC_STATE_DIRECTORY');
    expect(finished.stderr).toContain(`The scan lock ${join(work.state, 'scan.lock')} can not be used`);
    expect(finished.stderr).toContain('remove it while no rc-notify runs');
    rmSync(join(work.state, 'scan.lock'));
    expect((await work.scan()).code).toBe(0);
  });

  it('a ledger of a newer version: 73, and says to install the newer program', async () => {
    const work = await withLedger();
    const database = openSqlite(join(work.state, 'ledger.db'));
    database.exec(
      `INSERT INTO schema_migrations (version, name, applied_at) VALUES (999, 'later', '2030-01-01')`,
    );
    database.close();
    const before = readFileSync(join(work.state, 'ledger.db'));
    const finished = await work.scan();
    expectRefused(finished, 73, 'ERR_RC_LEDGER_NEWER');
    expect(finished.stderr).toContain('npm install -g --allow-scripts=better-sqlite3 ./rc-notify-*.tgz');
    expect(readFileSync(join(work.state, 'ledger.db')).equals(before)).toBe(true);
  });
});

it('a ledger of another machine: 78 and nothing sent, until it is adopted', async () => {
  const work = workplace();
  const there = { machineId: 'another machine' };
  const here = machineId();
  expect((await work.scan({ world: there })).code).toBe(0);
  const [late = ''] = meterNumbers(1, 30_000_001);
  work.late([...METERS, late].map((meter) => ({ meter })));

  const refused = await work.scan({ world: { machineId: here ?? 'this machine' } });
  expectRefused(refused, 78, 'ERR_RC_OTHER_MACHINE');
  expect(refused.stderr).toContain('rc-notify adopt');
  expect(work.rows()).toHaveLength(3);

  const adopted = await work.run(['adopt', '--yes']);
  expect(adopted.code, adopted.stderr).toBe(here === null ? 1 : 0);
  if (here === null) return;
  const next = await work.scan();
  expect(next.code, next.stderr).toBe(0);
  expect(scanJson(next).counts).toMatchObject({ sent: 1, alreadyNotified: 3 });
  expect((await work.scan({ world: there })).code).toBe(78);
});

it('a clock that ran back: a warning, nothing sent, and the next scan sends', async () => {
  const work = new Workplace();
  const messenger = { server: work.server };
  work.late([]);
  await work.scan({ world: { messenger, aheadMs: 20 * MINUTE_MS } });
  work.late(METERS.map((meter) => ({ meter })));

  const before = await work.scan({ world: { messenger } });
  expect(before.code, before.stderr).toBe(0);
  expect(before.stderr).toContain('more than 5 minutes before');
  expect(scanJson(before).counts).toMatchObject({ sent: 0, pending: 3 });
  expect(work.received().connections).toBe(0);

  expect((await work.scan({ world: { messenger } })).code).toBe(0);
  expect(work.timesTold(METERS)).toEqual(eachOnce(METERS));
});
