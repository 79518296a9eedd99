const MINUTE_MS = 60_000;
/** After the first, second, ... refusal; the last one repeats. */
const BACKOFF_MS: readonly number[] = [15, 30, 60, 120].map((minutes) => minutes * MINUTE_MS);

/** No attempt is ever put off longer: a time further ahead comes from a clock that was wrong. */
export const LONGEST_BACKOFF_MS = Math.max(...BACKOFF_MS);

/** When a refused notification may be tried again: UTC, ISO 8601; null = its attempts are used up. */
export function nextAttemptAt(attempts: number, maxAttempts: number, now: Date): string | null {
  if (attempts >= maxAttempts) return null;
  const delay = BACKOFF_MS[Math.min(attempts, BACKOFF_MS.length) - 1] ?? 0;
  return new Date(now.getTime() + delay).toISOString();
}

/** When one may be tried again that the channel could not take: another one goes first then, in case it was its fault. */
export function soonAfterUntaken(now: Date): string {
  return new Date(now.getTime() + (BACKOFF_MS[0] ?? 0)).toISOString();
}
