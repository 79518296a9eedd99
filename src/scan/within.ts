import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Clock } from '../io.ts';

/** Runs one step with a signal that is aborted by `stop` or at `deadlineAt` (milliseconds since 1970 UTC). */
export async function withDeadline<T>(
  clock: Clock,
  deadlineAt: number,
  stop: AbortSignal,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const finished = new AbortController();
  const abort = () => limit.abort();
  const remainingMs = deadlineAt - clock.now().getTime();
  if (stop.aborted || remainingMs <= 0) abort();
  stop.addEventListener('abort', abort, { once: true, signal: finished.signal });
  clock.sleep(Math.max(0, remainingMs), finished.signal).then(abort, () => {});
  try {
    return await step(limit.signal);
  } finally {
    finished.abort();
  }
}

/**
 * The promise, or RcError 69 once the signal is aborted, whether or not whoever made the promise heeds the signal.
 * What it yields too late is handed to `discard`.
 */
export async function orGiveUp<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  what: string,
  discard: (late: T) => void = () => {},
): Promise<T> {
  let givenUp = false;
  const settled = new AbortController();
  const abandoned = new Promise<never>((_, reject) => {
    const giveUp = () => {
      givenUp = true;
      reject(outOfTime(what));
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true, signal: settled.signal });
  });
  promise.then((late) => givenUp && discard(late)).catch(() => {});
  try {
    return await Promise.race([promise, abandoned]);
  } finally {
    settled.abort();
  }
}

/** As `orGiveUp`, `graceMs` after the signal is aborted: whoever heeds it is given that long to end in order. */
export async function orGiveUpAfter<T>(
  { clock, graceMs }: { readonly clock: Clock; readonly graceMs: number },
  promise: Promise<T>,
  signal: AbortSignal,
  what: string,
  discard: (late: T) => void,
): Promise<T> {
  const late = new AbortController();
  const settled = new AbortController();
  const wait = () =>
    clock.sleep(graceMs, settled.signal).then(
      () => late.abort(),
      () => {},
    );
  if (signal.aborted) void wait();
  signal.addEventListener('abort', wait, { once: true, signal: settled.signal });
  try {
    return await orGiveUp(promise, late.signal, what, discard);
  } finally {
    settled.abort();
  }
}

/** What a step that was cut off at the deadline fails with (69). */
export function outOfTime(what: string): RcError {
  return new RcError({
    code: 'ERR_RC_DEADLINE',
    message: `${what} took longer than this scan may last (pace.deadline); what was due waits in the ledger.`,
    hint: 'The next scan tries again. If it happens each time, see what the read costs (rc-notify config check), or raise pace.deadline.',
    exitCode: ExitCode.UNAVAILABLE,
  });
}
