import BetterSqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { translatingErrors } from '../src/ledger/ledger-errors.ts';
import type { ScanLedger } from '../src/ledger/port.ts';
import { withFailpoint } from './harness/failpoint.mjs';
import { type Ended, FROM_STDIN, scanHere } from './harness/in-process.ts';
import { VirtualClock } from './harness/virtual-clock.ts';
import { digestInTwoParts, eachOnce, meterNumbers, scanJson, Workplace } from './harness/workplace.ts';
import type { MessengerOrders } from './standins/messenger/messenger.mjs';

type Messenger = Omit<MessengerOrders, 'server'>;

const SINGLES = meterNumbers(3);
const COMMANDS = [...SINGLES.map((meter) => ({ meter })), ...digestInTwoParts()];
const METERS = COMMANDS.map(({ meter }) => meter);
const MINUTE_MS = 60_000;
/** Far more than a scan of these commands makes. */
const MOST_CALLS = 200;
/** What SQLite says when a disk is full and when it is broken. */
const CODES = ['SQLITE_FULL', 'SQLITE_IOERR_FSYNC'];

interface Scene {
  readonly work: Workplace;
  readonly clock: VirtualClock;
}

function scene(): Scene {
  const work = new Workplace({ source: FROM_STDIN });
  work.late(COMMANDS);
  return { work, clock: new VirtualClock('2025-01-02T08:00:00Z') };
}

/** Of three messages and a digest in two parts: some are lost and some arrive without an answer, one is refused. */
const UNLUCKY = {
  1: 'answer-nothing',
  2: 'accept-and-answer-nothing',
  3: 'refuse',
  4: 'accept-and-answer-nothing',
  5: 'answer-nothing',
};

async function sceneAfterUnluckyScan(messenger: Messenger): Promise<Scene> {
  const started = scene();
  const { code } = await scanHere(started.work, { ...started, messenger: { ...messenger, sends: UNLUCKY } });
  expect(code).toBe(4);
  started.clock.pass(20 * MINUTE_MS);
  return started;
}

function failingAt(call: number, when: 'before' | 'after') {
  const code = CODES[call % CODES.length] ?? '';
  const fail = () => {
    throw new BetterSqlite.SqliteError('made for this test', code);
  };
  return (ledger: ScanLedger) =>
    translatingErrors(withFailpoint(ledger, { method: '*', call, when }, fail), 'ledger.db');
}

/** One scan whose ledger fails at this call, then others until there is nothing to send. Returns the exit codes. */
async function failAndGoOn(
  { work, clock }: Scene,
  messenger: Messenger,
  call: number,
  when: 'before' | 'after',
): Promise<{ readonly failed: Ended; readonly last: Ended }> {
  const failed = await scanHere(work, { clock, messenger, ledger: failingAt(call, when) });
  for (let scans = 0; scans < 4; scans += 1) {
    clock.pass(15 * MINUTE_MS);
    const last = await scanHere(work, { clock, messenger });
    if (scanJson(last).counts.messagesSent === 0) return { failed, last };
  }
  throw new Error('it does not come to rest');
}

const CASES = [
  { start: 'a first scan', begin: async () => scene() },
  { start: 'a scan after messages of unknown fate and a refused one', begin: sceneAfterUnluckyScan },
].flatMap((start) => (['before', 'after'] as const).map((when) => ({ ...start, when })));

describe('the ledger fails at its k-th call, for every k', () => {
  for (const { start, begin, when } of CASES) {
    it(`${start}, failing ${when} the call, ids honoured: every meter is told exactly once`, async () => {
      const calls = await forEveryCall(async (call) => {
        const started = await begin({});
        const { failed, last } = await failAndGoOn(started, {}, call, when);
        const { work } = started;
        expect(work.received().delivered.some(({ text }) => text.includes('(1/2)'))).toBe(true);
        expect(work.timesTold(METERS), `at call ${call}`).toEqual(eachOnce(METERS));
        expect(work.rows().filter((row) => row.send_status !== 'sent')).toEqual([]);
        expect(last.code, last.stderr).toBe(0);
        expectOrder(started, failed);
        return failed.code;
      });
      expect(calls).toBeGreaterThan(15);
    });

    it(`${start}, failing ${when} the call, ids not honoured: nothing is sent twice, nothing is lost in silence`, async () => {
      const messenger = { honoursIds: false };
      await forEveryCall(async (call) => {
        const started = await begin(messenger);
        const { failed, last } = await failAndGoOn(started, messenger, call, when);
        const { work } = started;
        const told = work.timesTold(METERS);
        const unknown = work.rows().filter((row) => row.send_status === 'unknown');
        expect(
          Object.values(told).filter((times) => times > 1),
          `at call ${call}`,
        ).toEqual([]);
        const certain = METERS.filter((meter) => !unknown.some((row) => row.meter_number === meter));
        expect(work.timesTold(certain), `at call ${call}`).toEqual(eachOnce(certain));
        expect(last.code, last.stderr).toBe(unknown.length > 0 ? 4 : 0);
        expectOrder(started, failed);
        return failed.code;
      });
    });
  }
});

/** Runs it for call 1, 2, 3 ... until the scan no longer comes to that call; returns how many there were. */
async function forEveryCall(check: (call: number) => Promise<number>): Promise<number> {
  for (let call = 1; call < MOST_CALLS; call += 1) {
    if ((await check(call)) !== 73) return call;
  }
  throw new Error('the scan never passes');
}

/** The failed scan said so in its one object and closed its connection. */
function expectOrder({ work }: Scene, failed: Ended): void {
  expect(scanJson(failed).exitCode).toBe(failed.code);
  if (failed.code === 73) expect(scanJson(failed).errors[0]?.code).toMatch(/^ERR_RC_(DISK_FULL|LEDGER_IO)$/);
  const { connections, closings } = work.received();
  expect(closings).toBe(connections);
}
