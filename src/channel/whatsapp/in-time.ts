import type { Clock } from '../../io.ts';

/** Whether the promise resolved within `ms`, and before `signal` was aborted. */
export async function inTime(
  clock: Clock,
  ms: number,
  promise: Promise<unknown>,
  signal?: AbortSignal,
): Promise<boolean> {
  const done = new AbortController();
  const end = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal]);
  const late = clock.sleep(ms, end).then(
    () => false,
    () => false,
  );
  const settled = promise.then(
    () => true,
    () => false,
  );
  const isInTime = await Promise.race([settled, late]);
  done.abort();
  return isInTime;
}
