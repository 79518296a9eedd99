import { expect, it } from 'vitest';
import type { Finished } from './harness/command.ts';
import {
  countMeters,
  csv,
  eachOnce,
  meterNumbers,
  NO_GAPS,
  scanJson,
  Workplace,
} from './harness/workplace.ts';

const METERS = meterNumbers(3);
const [FIRST = ''] = METERS;
const LONG_GAPS = { minGap: '60s', maxGap: '60s', perGroupGap: '0s' };

function workplace(settings: Readonly<Record<string, unknown>> = {}): Workplace {
  const work = new Workplace(settings);
  work.late(METERS.map((meter) => ({ meter })));
  return work;
}

function sendStatuses(work: Workplace): string[] {
  return work.rows().map((row) => row.send_status);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  it(`${signal} between two messages: no other is shown, 75, and the next scan shows the rest`, async () => {
    const work = workplace({ channel: 'terminal', pace: LONG_GAPS });
    const running = work.start(['scan']);
    await running.wrote(FIRST);
    running.process.kill(signal);
    const stopped = await running.finished;
    expect(stopped.code, stopped.stderr).toBe(75);
    expect(stopped.stderr).toContain('Stopped by a signal with 2 still to send; they wait in the ledger.');
    expect(sendStatuses(work)).toEqual(['sent', 'pending', 'pending']);

    work.configure({ channel: 'terminal', pace: NO_GAPS });
    const next = await work.run(['scan']);
    expect(next.code, next.stderr).toBe(0);
    expect(countMeters(stopped.stdout + next.stdout, METERS)).toEqual(eachOnce(METERS));
  });
}

it('SIGTERM while the messenger owes an ack: the ack is waited for, no other is sent, 75', async () => {
  const work = workplace();
  const messenger = { server: work.server, sends: { 1: 'answer-late' }, lateBy: 1500 };
  const running = work.start(['scan', '--json'], { world: { messenger } });
  await until(() => work.received().delivered.length === 1);
  running.process.kill('SIGTERM');
  const stopped = await running.finished;
  expect(stopped.code, stopped.stderr).toBe(75);
  expect(sendStatuses(work)).toEqual(['sent', 'pending', 'pending']);
  expect(work.received().closings).toBe(1);
  await goOn(work);
});

it('SIGTERM while the messenger owes an ack that never comes: unknown after 15 s, 75, and nothing is lost', async () => {
  const work = workplace();
  const messenger = { server: work.server, sends: { 1: 'lose-answer' } };
  const running = work.start(['scan', '--json'], { world: { messenger, speed: 20 } });
  await until(() => work.received().delivered.length === 1);
  running.process.kill('SIGTERM');
  const stopped = await running.finished;
  expect(stopped.code, stopped.stderr).toBe(75);
  const { startedAt, finishedAt } = scanJson(stopped).scan;
  const took = Date.parse(String(finishedAt)) - Date.parse(String(startedAt));
  expect(took).toBeGreaterThan(15_000);
  expect(sendStatuses(work)).toEqual(['unknown', 'pending', 'pending']);
  await goOn(work);
});

it('a second SIGINT ends the process at once; the next scan settles what it left', async () => {
  const work = workplace();
  const messenger = { server: work.server, sends: { 1: 'lose-answer' } };
  const running = work.start(['scan', '--json', '--verbose'], { world: { messenger } });
  await until(() => work.received().delivered.length === 1);
  running.process.kill('SIGINT');
  // Signals of the same kind that are not taken yet melt into one.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(running.process.exitCode).toBe(null);
  running.process.kill('SIGINT');
  expect((await running.finished).signal).toBe('SIGINT');
  expect(sendStatuses(work)).toEqual(['sending', 'pending', 'pending']);
  await goOn(work);
});

it('SIGTERM while standard input stays open: 75 at once, what was read waits', async () => {
  const work = workplace({ source: { type: 'file', file: { path: '-' } } });
  const running = work.start(['scan'], { stdin: 'open', world: { messenger: { server: work.server } } });
  running.process.stdin?.write(csv(METERS.map((meter) => ({ meter }))));
  await until(() => hasBegun(work));
  running.process.kill('SIGTERM');
  const stopped = await running.finished;
  expect(stopped.code, stopped.stderr).toBe(75);
  expect(work.received().connections).toBe(0);
  const next = await work.run(['scan'], {
    stdin: csv(METERS.map((meter) => ({ meter }))),
    world: { messenger: { server: work.server } },
  });
  expect(next.code, next.stderr).toBe(0);
  expect(work.timesTold(METERS)).toEqual(eachOnce(METERS));
});

async function goOn(work: Workplace): Promise<Finished> {
  const next = await work.scan({ world: { messenger: { server: work.server } } });
  expect(next.code, next.stderr).toBe(0);
  expect(work.timesTold(METERS)).toEqual(eachOnce(METERS));
  expect(work.received().repeats).toEqual([]);
  return next;
}

function hasBegun(work: Workplace): boolean {
  try {
    return work.query('SELECT id FROM scans').length > 0;
  } catch {
    return false;
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  while (!isSo()) {
    if (Date.now() > giveUpAt) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
