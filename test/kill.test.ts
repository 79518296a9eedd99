import { describe, expect, it } from 'vitest';
import type { World } from './harness/child.mjs';
import {
  type Command,
  digestInTwoParts,
  eachOnce,
  meterNumbers,
  scanJson,
  Workplace,
} from './harness/workplace.ts';

interface Step {
  readonly name: string;
  /** The world of a scan that is killed at this step of its n-th message. */
  readonly killedAt: (n: number) => Omit<World, 'messenger'> & { readonly order?: string };
  /** Whether the channel may have been given the message by then. */
  readonly isUncertain: boolean;
  /** It comes once a scan, not once a message. */
  readonly oncePerScan?: true;
}

function ledgerStep(name: string, method: string, when: 'before' | 'after', isUncertain: boolean): Step {
  const failpoint = (n: number) => ({ on: 'ledger', do: 'kill', method, call: n, when }) as const;
  return { name, isUncertain, killedAt: (n) => ({ failpoint: failpoint(n) }) };
}

const STEPS: readonly Step[] = [
  { ...ledgerStep('before the claim', 'applyChanges', 'before', false), oncePerScan: true },
  { ...ledgerStep('after the claim', 'applyChanges', 'after', false), oncePerScan: true },
  ledgerStep('before it is marked as sending', 'beginSend', 'before', false),
  ledgerStep('after it was marked as sending', 'beginSend', 'after', true),
  {
    name: 'before the server accepts it',
    isUncertain: true,
    killedAt: () => ({ order: 'die-before-accepting' }),
  },
  {
    name: 'after the server accepted it, before the answer',
    isUncertain: true,
    killedAt: () => ({ order: 'die-after-accepting' }),
  },
  {
    name: 'after the answer',
    isUncertain: true,
    killedAt: (n) => ({
      failpoint: { on: 'connection', do: 'kill', method: 'send', call: n, when: 'after' },
    }),
  },
  ledgerStep('before it is settled', 'settle', 'before', true),
  ledgerStep('after it was settled', 'settle', 'after', false),
  {
    ...ledgerStep('before the end of the scan is recorded', 'finishScan', 'before', false),
    oncePerScan: true,
  },
];

interface Shape {
  readonly name: string;
  readonly commands: readonly Command[];
  /** Which message the scan is killed in. */
  readonly n: number;
  readonly laterMessageOfScan?: true;
}

const SINGLES = meterNumbers(3);
const DIGEST = meterNumbers(7);
const TWO_PARTS = digestInTwoParts();

const SHAPES: readonly Shape[] = [
  { name: 'the second of three messages', commands: late(SINGLES), n: 2 },
  { name: 'a digest', commands: late(DIGEST), n: 1 },
  { name: 'the first part of a digest', commands: TWO_PARTS, n: 1 },
  {
    name: 'the second part of a digest',
    commands: TWO_PARTS,
    n: 2,
    laterMessageOfScan: true,
  },
];

function late(meters: readonly string[]): Command[] {
  return meters.map((meter) => ({ meter }));
}

function metersOf({ commands }: Shape): string[] {
  return commands.map(({ meter }) => meter);
}

const KILLS: readonly Kill[] = SHAPES.flatMap((shape) =>
  STEPS.filter((step) => step.oncePerScan !== true || shape.laterMessageOfScan !== true).map((step) => ({
    shape,
    step,
  })),
);

interface Kill {
  readonly shape: Shape;
  readonly step: Step;
}

async function killed(
  { shape: { commands, n }, step }: Kill,
  honoursIds: boolean,
  whenTestIsOver: (cleanUp: () => Promise<void>) => void,
): Promise<Workplace> {
  const work = new Workplace({}, whenTestIsOver);
  work.late(commands);
  const { order, failpoint } = step.killedAt(step.oncePerScan === true ? 1 : n);
  const sends = order === undefined ? {} : { [n]: order };
  const messenger = { server: work.server, honoursIds, sends };
  const { signal, stderr } = await work.scan({
    world: { messenger, ...(failpoint === undefined ? {} : { failpoint }) },
  });
  expect(signal, `the scan was not killed: ${stderr}`).toBe('SIGKILL');
  return work;
}

/** Scans until there is nothing more to send; returns the exit code of the last scan. */
async function scanUntilQuiet(work: Workplace, honoursIds: boolean): Promise<number | null> {
  for (let scans = 0; scans < 4; scans += 1) {
    const finished = await work.scan({ world: { messenger: { server: work.server, honoursIds } } });
    const { counts, errors } = scanJson(finished);
    expect(errors.map(({ code }) => code)).not.toContain('ERR_RC_LOCKED');
    if (counts.messagesSent === 0) return finished.code;
  }
  throw new Error('it does not come to rest');
}

describe.concurrent('a scan is killed, and the channel honours message ids: every meter is told exactly once', () => {
  for (const kill of KILLS) {
    it(`${kill.shape.name}, ${kill.step.name}`, async ({ expect, onTestFinished }) => {
      const work = await killed(kill, true, onTestFinished);
      const code = await scanUntilQuiet(work, true);

      const meters = metersOf(kill.shape);
      const { delivered } = work.received();
      expect(work.timesTold(meters)).toEqual(eachOnce(meters));
      expect(new Set(delivered.map(({ text }) => text)).size).toBe(delivered.length);
      expect(delivered.some(({ text }) => text.includes('(1/2)'))).toBe(kill.shape.commands === TWO_PARTS);
      const arrived = new Map(delivered.map(({ id, text }) => [id, text]));
      for (const { send_status, message_id, message } of work.rows()) {
        expect(send_status).toBe('sent');
        expect(message, 'the ledger has the text that arrived').toBe(arrived.get(message_id ?? ''));
      }
      expect(code).toBe(0);
    });
  }
});

describe.concurrent('a scan is killed, and the channel honours no ids: nothing is sent twice, what is uncertain is reported', () => {
  for (const kill of KILLS) {
    it(`${kill.shape.name}, ${kill.step.name}`, async ({ expect, onTestFinished }) => {
      const work = await killed(kill, false, onTestFinished);
      const code = await scanUntilQuiet(work, false);

      const meters = metersOf(kill.shape);
      const told = work.timesTold(meters);
      const unknown = work.rows().filter((row) => row.send_status === 'unknown');
      expect(Object.values(told).filter((times) => times > 1)).toEqual([]);
      expect(unknown.length > 0).toBe(kill.step.isUncertain);
      expect(code).toBe(kill.step.isUncertain ? 4 : 0);
      const certain = meters.filter((meter) => !unknown.some((row) => row.meter_number === meter));
      expect(work.timesTold(certain)).toEqual(eachOnce(certain));
      if (!kill.step.isUncertain) return;

      // A person looks into the group and says what is true.
      const arrived = unknown.every((row) => told[row.meter_number] === 1);
      const reset = await work.run(['reset', '--unknown', '--as', arrived ? 'sent' : 'not-sent', '--yes']);
      expect(reset.code, reset.stderr).toBe(0);
      expect(await scanUntilQuiet(work, false)).toBe(0);
      expect(work.timesTold(meters)).toEqual(eachOnce(meters));
    });
  }
});
