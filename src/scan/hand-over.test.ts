import { expect, test } from 'vitest';
import type { Connection, SendResult } from '../channel/port.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { handOver } from './hand-over.ts';
import { VirtualClock } from './testing.ts';

const MESSAGE = { id: '3EB0A', groupId: 'a', text: 'text' };
const SENT: SendResult = { status: 'sent', ack: 1 };

/** Hands one message to a channel that does this, and says how long it took. */
async function handing(
  send: (clock: VirtualClock, signal: AbortSignal) => Promise<SendResult>,
  stopAfter: number | null = null,
): Promise<SendResult & { readonly seconds: number }> {
  const clock = new VirtualClock();
  const start = clock.now().getTime();
  const stop = new AbortController();
  if (stopAfter !== null) clock.sleep(stopAfter).then(() => stop.abort());
  const connection: Connection = {
    account: null,
    version: null,
    lost: new AbortController().signal,
    checkGroup: async () => ({ canPost: true }),
    send: (_, signal) => send(clock, signal),
    lookup: async () => ({ found: false }),
    close: async () => {},
  };
  const result = await handOver(connection, MESSAGE, { clock, ackTimeout: 90_000, stop: stop.signal });
  return { ...result, seconds: (clock.now().getTime() - start) / 1000 };
}

const hangs = (): Promise<SendResult> => new Promise(() => {});

test('a prompt answer is taken as it is', async () => {
  expect(await handing(async () => SENT)).toEqual({ ...SENT, seconds: 0 });
});

test('a late answer within ackTimeout counts', async () => {
  const result = await handing(async (clock) => {
    await clock.sleep(89_000);
    return SENT;
  });
  expect(result).toMatchObject({ status: 'sent', seconds: 89 });
});

test('a channel that never answers is given up as unknown, and counts as sick', async () => {
  const result = await handing(hangs);
  expect(result).toMatchObject({ status: 'unknown', error: 'no ack within 90 s', seconds: 92 });
  expect(result.stop).toMatchObject({ code: 'ERR_RC_NO_ACK', exitCode: ExitCode.UNAVAILABLE });
});

test('an answer given when the wait is ended is worth more than the wait', async () => {
  const result = await handing(
    (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(SENT))),
  );
  expect(result).toMatchObject({ status: 'sent', seconds: 90 });
});

test('an `unknown` at the end of the wait still says that the channel is sick', async () => {
  const nothing: SendResult = { status: 'unknown', ack: 0, error: 'ack 0' };
  const result = await handing(
    (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(nothing))),
  );
  expect(result).toMatchObject({
    status: 'unknown',
    ack: 0,
    error: 'ack 0',
    stop: { code: 'ERR_RC_NO_ACK' },
  });
});

test('once stopped, the ack is waited for 15 seconds more, not 90', async () => {
  const result = await handing(hangs, 10_000);
  expect(result).toMatchObject({ status: 'unknown', seconds: 27 });
  expect(result.stop).toBeUndefined();
});

test('an ack that comes within those 15 seconds counts', async () => {
  const result = await handing(async (clock) => {
    await clock.sleep(24_000);
    return SENT;
  }, 10_000);
  expect(result).toMatchObject({ status: 'sent', seconds: 24 });
});

test('a channel that throws, or answers with nothing, leaves the fate unknown', async () => {
  const thrown = await handing(() => Promise.reject(new Error('page crashed')));
  expect(thrown).toMatchObject({
    status: 'unknown',
    error: 'page crashed',
    stop: { code: 'ERR_RC_CHANNEL_BROKE' },
  });
  const nothing = await handing(async () => undefined as unknown as SendResult);
  expect(nothing).toMatchObject({ status: 'unknown', error: 'the channel gave no answer' });
});

test('what the channel says is wrong with itself is kept', async () => {
  const banned = new RcError({
    code: 'ERR_RC_BANNED',
    message: 'Banned.',
    hint: 'Ask.',
    exitCode: ExitCode.NOPERM,
  });
  expect((await handing(() => Promise.reject(banned))).stop).toBe(banned);
});
