import { wallClock } from './zone.ts';

/** `2026-01-31 14:00` by the wall clock of `zone`; `at` is ISO 8601. */
export function showTime(at: string, zone: string): string {
  const { year, month, day, hour, minute } = wallClock(Date.parse(at), zone);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}`;
}
