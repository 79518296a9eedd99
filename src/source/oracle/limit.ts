/**
 * The promise; or the error `late` makes after `ms`, or `stopped` once the signal is aborted, whichever is first.
 * What is given up goes on unheard.
 */
export async function limited<T>(promise: Promise<T>, { ms, late, signal, stopped }: Limit): Promise<T> {
  promise.catch(() => {});
  const settled = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const givenUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), Math.max(0, ms));
    if (signal?.aborted) reject(stopped?.());
    signal?.addEventListener('abort', () => reject(stopped?.()), { once: true, signal: settled.signal });
  });
  try {
    return await Promise.race([promise, givenUp]);
  } finally {
    clearTimeout(timer);
    settled.abort();
  }
}

export interface Limit {
  readonly ms: number;
  readonly late: () => unknown;
  readonly signal?: AbortSignal;
  readonly stopped?: () => unknown;
}
