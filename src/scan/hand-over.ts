import type { Connection, OutgoingMessage, SendResult } from '../channel/port.ts';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Clock } from '../io.ts';

/** How long a send may still wait for its ack once the scan was told to stop. */
const STOP_GRACE_MS = 15_000;
/** How long a channel may take to give up once its signal is aborted. */
const ABORT_GRACE_MS = 2_000;

export interface HandOverLimits {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly ackTimeout: number;
  readonly stop: AbortSignal;
}

/**
 * Hands one message to the channel and always comes back, within `ackTimeout` (15 s once `stop` is aborted) and a short
 * grace. Whatever is not plainly `sent` or `failed` is `unknown`: it may have arrived.
 */
export async function handOver(
  connection: Connection,
  message: OutgoingMessage,
  limits: HandOverLimits,
): Promise<SendResult> {
  const { clock, ackTimeout, stop } = limits;
  const sending = new AbortController();
  const settled = new AbortController();
  const answer = answerOf(connection, message, sending.signal);
  const timedOut = clock
    .sleep(ackTimeout, settled.signal)
    .then(() => noAckInTime(ackTimeout))
    .catch(never);
  const stopped = aborted(stop, settled.signal)
    .then(() => clock.sleep(STOP_GRACE_MS, settled.signal))
    .then(() => unknown('the scan was stopped before an answer came'))
    .catch(never);
  const first = await Promise.race([answer, timedOut, stopped]);
  sending.abort();
  // An answer that is already on its way is worth more than our impatience.
  const grace = clock
    .sleep(ABORT_GRACE_MS, settled.signal)
    .then(() => first)
    .catch(never);
  const last = await Promise.race([answer, grace]);
  settled.abort();
  return last.status === 'unknown' ? { ...last, ...stopOf(first, last) } : last;
}

function stopOf(first: SendResult, last: SendResult): { readonly stop?: RcError } {
  const stop = last.stop ?? first.stop;
  return stop === undefined ? {} : { stop };
}

async function answerOf(
  connection: Connection,
  message: OutgoingMessage,
  signal: AbortSignal,
): Promise<SendResult> {
  try {
    const result: SendResult | undefined = await connection.send(message, signal);
    return result ?? unknown('the channel gave no answer');
  } catch (thrown) {
    const error = messageOf(thrown);
    return { ...unknown(error), stop: thrown instanceof RcError ? thrown : brokenChannel(error, thrown) };
  }
}

function unknown(error: string): SendResult {
  return { status: 'unknown', ack: null, error };
}

function noAckInTime(ackTimeout: number): SendResult {
  const error = `no ack within ${Math.round(ackTimeout / 1000)} s`;
  return {
    ...unknown(error),
    stop: new RcError({
      code: 'ERR_RC_NO_ACK',
      message: `A message got ${error}, so no further one was sent; the others wait, and this one is looked up first next time.`,
      hint: 'The next scan goes on by itself. To see what is open: rc-notify history --send-status unknown',
      exitCode: ExitCode.UNAVAILABLE,
    }),
  };
}

function brokenChannel(error: string, cause: unknown): RcError {
  return new RcError({
    code: 'ERR_RC_CHANNEL_BROKE',
    message: `The channel broke in the middle of a message (${error}); the others wait.`,
    hint: 'The next scan looks it up first. To see what is open: rc-notify history --send-status unknown',
    exitCode: ExitCode.UNAVAILABLE,
    cause,
  });
}

function aborted(signal: AbortSignal, giveUp: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true, signal: giveUp });
    giveUp.addEventListener('abort', () => reject(giveUp.reason), { once: true });
  });
}

function never(): Promise<never> {
  return new Promise(() => {});
}
