/**
 * The promise; or the error `late` makes after `ms`, or `stopped` once the signal is aborted, whichever is first.
 * What is given up goes on unheard.
 */
export function limited<T>(promise: Promise<T>, { ms, late, signal, stopped }: Limit): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => {
      clearTimeout(timer);
      // Not left to a second signal: Node would hold on to each of many, and to the rows it was about, for long.
      signal?.removeEventListener('abort', giveUp);
      how();
    };
    const giveUp = () => settle(() => reject(stopped?.()));
    const timer = setTimeout(() => settle(() => reject(late())), Math.max(0, ms));
    if (signal?.aborted) giveUp();
    else signal?.addEventListener('abort', giveUp);
    promise.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
  });
}

export interface Limit {
  readonly ms: number;
  readonly late: () => unknown;
  readonly signal?: AbortSignal;
  readonly stopped?: () => unknown;
}
