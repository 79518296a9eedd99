import { parseDuration } from '../duration.ts';
import { parseInstant } from '../time/zone.ts';
import { usageError } from './usage.ts';

const DAY_ALONE = /^\d{4}-\d{2}-\d{2}$/;

/** A date (its first moment) or a time as an operator types it -> milliseconds since 1970 UTC. Throws RcError 64. */
export function readDate(option: string, text: string, zone: string): number {
  const typed = text.trim();
  const ms = parseInstant(DAY_ALONE.test(typed) ? `${typed} 00:00` : typed, zone);
  if (ms !== null) return ms;
  throw usageError(
    `${option} ${text} is no date.`,
    `Write it as ${option} 2025-01-31 or ${option} '2025-01-31 14:30' (${zone}).`,
  );
}

/** Milliseconds, more than none. Throws RcError 64. */
export function readDuration(option: string, text: string): number {
  const ms = parseDuration(text.trim());
  if (ms !== undefined && ms > 0) return ms;
  throw usageError(`${option} ${text} is no duration.`, `Write it as ${option} 12h or ${option} 7d.`);
}

/** A date, or how long ago -> milliseconds since 1970 UTC. Throws RcError 64. */
export function readDateOrAgo(option: string, text: string, zone: string, now: Date): number {
  const ago = parseDuration(text.trim());
  return ago === undefined ? readDate(option, text, zone) : now.getTime() - ago;
}
