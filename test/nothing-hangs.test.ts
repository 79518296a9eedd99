import { describe, expect, it } from 'vitest';
import { type Ended, FROM_STDIN, scanHere, type World } from './harness/in-process.ts';
import { VirtualClock } from './harness/virtual-clock.ts';
import { eachOnce, meterNumbers, NO_GAPS, scanJson, Workplace } from './harness/workplace.ts';

const SECOND_MS = 1000;
const DEADLINE_MS = 120 * SECOND_MS;
const ACK_TIMEOUT_MS = 20 * SECOND_MS;
const CLOSE_MS = 20 * SECOND_MS;
const METERS = meterNumbers(3);
const QUARTER_HOUR_MS = 15 * 60 * SECOND_MS;

class Scene {
  readonly work = new Workplace({
    source: FROM_STDIN,
    pace: { ...NO_GAPS, deadline: '2m' },
    whatsapp: { connectTimeout: '10s', ackTimeout: '20s' },
  });
  readonly clock = new VirtualClock('2025-01-02T08:00:00Z');

  constructor() {
    this.work.late(METERS.map((meter) => ({ meter })));
  }

  scan(world: Omit<World, 'clock'> = {}): Promise<Ended> {
    return scanHere(this.work, { clock: this.clock, ...world });
  }

  /** The next scheduled scan, of a messenger in good health. */
  nextScan(): Promise<Ended> {
    this.clock.pass(QUARTER_HOUR_MS);
    return this.scan();
  }

  sendStatuses(): string[] {
    return this.work.rows().map((row) => row.send_status);
  }

  expectAllToldOnce(): void {
    expect(this.work.timesTold(METERS)).toEqual(eachOnce(METERS));
    expect(this.sendStatuses()).toEqual(['sent', 'sent', 'sent']);
  }
}

function codesOf(ended: Ended): string[] {
  return scanJson(ended).errors.map(({ code }) => code);
}

describe('whatever hangs, a scan ends within its deadline and the next one goes on', () => {
  it('connecting hangs: 69, everything waits', async () => {
    const scene = new Scene();
    const ended = await scene.scan({ messenger: { connect: 'hang' } });
    expect(ended).toMatchObject({ code: 69 });
    expect(ended.took).toBeLessThanOrEqual(DEADLINE_MS);
    expect(scanJson(ended).errors[0]?.message).toContain('Connecting');
    expect(scene.sendStatuses()).toEqual(['pending', 'pending', 'pending']);
    expect((await scene.nextScan()).code).toBe(0);
    scene.expectAllToldOnce();
  });

  it('the messenger can not be reached: 69 at once, everything waits, no attempt is counted', async () => {
    const scene = new Scene();
    const ended = await scene.scan({ messenger: { connect: 'fail' } });
    expect(ended).toMatchObject({ code: 69, took: 0 });
    expect(scene.work.rows().map((row) => [row.send_status, row.attempts])).toEqual([
      ['pending', 0],
      ['pending', 0],
      ['pending', 0],
    ]);
  });

  it('the profile is not linked: 77 at once, everything waits', async () => {
    const scene = new Scene();
    expect(await scene.scan({ messenger: { connect: 'refuse' } })).toMatchObject({ code: 77, took: 0 });
    expect(scene.sendStatuses()).toEqual(['pending', 'pending', 'pending']);
  });

  it('closing hangs: a warning, the exit code of what was done', async () => {
    const scene = new Scene();
    const ended = await scene.scan({ messenger: { close: 'hang' } });
    expect(ended.code).toBe(0);
    expect(ended.took).toBeLessThanOrEqual(CLOSE_MS);
    expect(ended.stderr).toContain('did not close in order');
    scene.expectAllToldOnce();
  });

  it('closing fails: a warning, the exit code of what was done', async () => {
    const scene = new Scene();
    const ended = await scene.scan({ messenger: { close: 'throw' } });
    expect(ended).toMatchObject({ code: 0, took: 0 });
    expect(ended.stderr).toContain('the browser is gone');
  });

  it('a send never answers: 69, that one is unknown, the others wait; the next scan sends it again under its id', async () => {
    const scene = new Scene();
    const ended = await scene.scan({ messenger: { sends: { 1: 'never-ack' } } });
    expect(ended.code).toBe(69);
    expect(ended.took).toBeLessThanOrEqual(ACK_TIMEOUT_MS + 5 * SECOND_MS);
    expect(codesOf(ended)).toEqual(['ERR_RC_NO_ACK', 'ERR_RC_UNKNOWN_FATE']);
    expect(scanJson(ended).counts).toMatchObject({ unknown: 1, pending: 2, messagesSent: 0 });
    expect(scene.sendStatuses()).toEqual(['unknown', 'pending', 'pending']);
    const [{ message_id = '' } = {}] = scene.work.rows();
    expect((await scene.nextScan()).code).toBe(0);
    scene.expectAllToldOnce();
    expect(scene.work.received().delivered[0]?.id).toBe(message_id);
  });

  it('a send arrives but its answer is lost: the next scan finds it and sends nothing again', async () => {
    const scene = new Scene();
    expect((await scene.scan({ messenger: { sends: { 1: 'lose-answer' } } })).code).toBe(69);
    const next = await scene.nextScan();
    expect(next.code).toBe(0);
    expect(scanJson(next).counts).toMatchObject({ messagesSent: 3, unknown: 0 });
    scene.expectAllToldOnce();
    expect(scene.work.received().repeats).toEqual([]);
  });

  it('an answer comes a second after the limit: it counts', async () => {
    const scene = new Scene();
    const lateBy = ACK_TIMEOUT_MS + SECOND_MS;
    expect((await scene.scan({ messenger: { sends: { 1: 'answer-late' }, lateBy } })).code).toBe(0);
    scene.expectAllToldOnce();
  });

  it('an answer comes a minute after the limit: unknown, and the next scan finds it', async () => {
    const scene = new Scene();
    const lateBy = ACK_TIMEOUT_MS + 60 * SECOND_MS;
    const ended = await scene.scan({ messenger: { sends: { 1: 'answer-late' }, lateBy } });
    expect(ended.code).toBe(69);
    expect((await scene.nextScan()).code).toBe(0);
    scene.expectAllToldOnce();
    expect(scene.work.received().repeats).toEqual([]);
  });

  it('a copy stays at ack 0 and never leaves: the next scan sends it under the same id, and it goes out', async () => {
    const scene = new Scene();
    expect((await scene.scan({ messenger: { sends: { 1: 'keep-local-copy' } } })).code).toBe(69);
    expect((await scene.nextScan()).code).toBe(0);
    scene.expectAllToldOnce();
    const { local, delivered } = scene.work.received();
    expect(delivered.map(({ id }) => id)).toContain(local[0]);
  });

  it('the channel breaks in the middle of a send: 69, the others wait', async () => {
    const scene = new Scene();
    const ended = await scene.scan({ messenger: { sends: { 2: 'accept-and-throw' } } });
    expect(ended).toMatchObject({ code: 69, took: 0 });
    expect(codesOf(ended)).toContain('ERR_RC_CHANNEL_BROKE');
    expect(scene.sendStatuses()).toEqual(['sent', 'unknown', 'pending']);
    expect((await scene.nextScan()).code).toBe(0);
    scene.expectAllToldOnce();
    expect(scene.work.received().repeats).toEqual([]);
  });

  it('looking up an earlier message hangs: it stays unknown, and the others are told', async () => {
    const scene = new Scene();
    await scene.scan({ messenger: { sends: { 1: 'lose-answer' } } });
    const ended = await scene.scan({ messenger: { lookup: 'hang' } });
    expect(ended.code).toBe(4);
    expect(ended.took).toBeLessThanOrEqual(DEADLINE_MS);
    expect(scene.sendStatuses()).toEqual(['unknown', 'sent', 'sent']);
    const { connections, closings } = scene.work.received();
    expect(closings).toBe(connections);
    expect((await scene.nextScan()).code).toBe(0);
    scene.expectAllToldOnce();
  });

  it('looking up and then closing hang: still within the deadline', async () => {
    const scene = new Scene();
    await scene.scan({ messenger: { sends: { 1: 'lose-answer' } } });
    const ended = await scene.scan({ messenger: { lookup: 'hang', close: 'hang' } });
    expect(ended.code).toBe(4);
    expect(ended.took).toBeLessThanOrEqual(DEADLINE_MS);
  });

  it('the answer of the last send that still fits is lost, and closing hangs: still within the deadline', async () => {
    const scene = new Scene();
    scene.work.configure({
      source: FROM_STDIN,
      pace: { minGap: '69s', maxGap: '69s', perGroupGap: '0s', deadline: '2m' },
      whatsapp: { connectTimeout: '10s', ackTimeout: '20s' },
    });
    const ended = await scene.scan({ messenger: { sends: { 2: 'lose-answer' }, close: 'hang' } });
    expect(ended.code).toBe(69);
    expect(scene.sendStatuses()).toEqual(['sent', 'unknown', 'pending']);
    expect(ended.took).toBeLessThanOrEqual(DEADLINE_MS);
  });

  it('standard input is never closed: 69, what was read waits in the ledger, and no connection is begun too late', async () => {
    const scene = new Scene();
    const ended = await scene.scan({ stdinStaysOpen: true });
    expect(ended.code).toBe(69);
    expect(ended.took).toBeLessThanOrEqual(DEADLINE_MS);
    expect(new Set(scene.sendStatuses())).toEqual(new Set(['pending']));
    expect(scene.work.received().connections).toBe(0);
    expect((await scene.nextScan()).code).toBe(0);
    scene.expectAllToldOnce();
  });

  it('no time is left to send: what does not fit is marked over-limit and the scan ends well', async () => {
    const scene = new Scene();
    scene.work.configure({
      source: FROM_STDIN,
      pace: { minGap: '60s', maxGap: '60s', perGroupGap: '0s', deadline: '2m' },
      whatsapp: { connectTimeout: '10s', ackTimeout: '20s' },
    });
    const ended = await scene.scan();
    expect(ended.code).toBe(0);
    expect(scene.work.rows().map((row) => [row.send_status, row.reason])).toEqual([
      ['sent', 'due'],
      ['sent', 'due'],
      ['pending', 'over-limit'],
    ]);
    scene.work.configure({ source: FROM_STDIN });
    expect((await scene.nextScan()).code).toBe(0);
    scene.expectAllToldOnce();
  });
});

describe('a scan that is told to stop', () => {
  it('while it connects gives the channel 20 s to end in order, and exits 75 with everything waiting', async () => {
    const scene = new Scene();
    const ended = await scene.scan({
      stopAfter: 3 * SECOND_MS,
      messenger: { connect: 'hang' },
    });
    expect(ended).toMatchObject({ code: 75, took: 23 * SECOND_MS });
    expect(codesOf(ended)).toEqual(['ERR_RC_STOPPED']);
    expect(scene.sendStatuses()).toEqual(['pending', 'pending', 'pending']);
    await scene.nextScan();
    scene.expectAllToldOnce();
  });

  it('while it waits for an ack takes the ack that comes within 15 s, and ends with 75', async () => {
    const scene = new Scene();
    const ended = await scene.scan({
      stopAfter: 3 * SECOND_MS,
      messenger: { sends: { 1: 'answer-late' }, lateBy: 12 * SECOND_MS },
    });
    expect(ended).toMatchObject({ code: 75, took: 12 * SECOND_MS });
    expect(scene.sendStatuses()).toEqual(['sent', 'pending', 'pending']);
    await scene.nextScan();
    scene.expectAllToldOnce();
  });

  it('while it waits for an ack that does not come waits 15 s, calls it unknown and closes within 20 s', async () => {
    const scene = new Scene();
    const ended = await scene.scan({
      stopAfter: SECOND_MS,
      messenger: { sends: { 1: 'never-ack' } },
    });
    expect(ended.code).toBe(75);
    expect(ended.took).toBeGreaterThanOrEqual(16 * SECOND_MS);
    expect(ended.took).toBeLessThanOrEqual(20 * SECOND_MS);
    expect(scene.sendStatuses()).toEqual(['unknown', 'pending', 'pending']);
    await scene.nextScan();
    scene.expectAllToldOnce();
  });

  it('between two messages sends no other and ends with 75', async () => {
    const scene = new Scene();
    scene.work.configure({
      source: FROM_STDIN,
      pace: { minGap: '10s', maxGap: '10s', perGroupGap: '0s' },
    });
    const ended = await scene.scan({ stopAfter: 13 * SECOND_MS });
    expect(ended).toMatchObject({ code: 75, took: 13 * SECOND_MS });
    expect(scene.sendStatuses()).toEqual(['sent', 'sent', 'pending']);
    await scene.nextScan();
    scene.expectAllToldOnce();
  });

  it('during its last message, which arrives, has left nothing and ends with 0', async () => {
    const scene = new Scene();
    const ended = await scene.scan({
      stopAfter: SECOND_MS,
      messenger: { sends: { 3: 'answer-late' }, lateBy: 5 * SECOND_MS },
    });
    expect(ended).toMatchObject({ code: 0, took: 5 * SECOND_MS });
    scene.expectAllToldOnce();
  });

  it('while it looks up an earlier message has left that undone: 75', async () => {
    const scene = new Scene();
    scene.work.late(METERS.slice(0, 1).map((meter) => ({ meter })));
    await scene.scan({ messenger: { sends: { 1: 'lose-answer' } } });
    const ended = await scene.scan({ stopAfter: SECOND_MS, messenger: { lookup: 'hang' } });
    expect(ended).toMatchObject({ code: 75, took: SECOND_MS });
    expect(scene.sendStatuses()).toEqual(['unknown']);
    expect((await scene.nextScan()).code).toBe(0);
    expect(scene.sendStatuses()).toEqual(['sent']);
  });

  it('before an earlier message is sent again has left that undone: 75', async () => {
    const scene = new Scene();
    scene.work.configure({
      source: FROM_STDIN,
      pace: { minGap: '60s', maxGap: '60s', perGroupGap: '0s' },
      whatsapp: { ackTimeout: '20s' },
    });
    scene.work.late(METERS.slice(0, 1).map((meter) => ({ meter })));
    await scene.scan({ messenger: { sends: { 1: 'never-ack' } } });
    const ended = await scene.scan({ stopAfter: SECOND_MS });
    expect(ended.code).toBe(75);
    expect(scene.sendStatuses()).toEqual(['unknown']);
    expect((await scene.nextScan()).code).toBe(0);
    expect(scene.work.received().delivered.length).toBe(1);
  });

  it('while standard input is still open ends at once with 75', async () => {
    const scene = new Scene();
    const ended = await scene.scan({ stopAfter: SECOND_MS, stdinStaysOpen: true });
    expect(ended).toMatchObject({ code: 75, took: SECOND_MS });
  });
});
