import { parseDuration } from '../duration.ts';
import { parseInstant } from '../time/zone.ts';
import { usageError } from './usage.ts';

const DAY_ALONE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;
// The ledger compares times as text, which years of more than four digits break.
const FIRST = Date.parse('0000-01-01T00:00:00.000Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** A date (its first moment) or a time as an operator types it -> milliseconds since 1970 UTC. Throws RcError 64. */
export function readDate(option: string, text: string, zone: string): number {
  const typed = text.trim();
  const howTo = `Write it as ${option} 2025-01-31 or ${option} '2025-01-31 14:30' (${zone}).`;
  const ms = parseInstant(DAY_ALONE.test(typed) ? `${typed} 00:00` : typed, zone);
  if (ms !== null) return withinYears(option, text, ms, howTo);
  throw usageError(`${option} ${text} is no date.`, howTo);
}

/** The end of so long a time from now -> milliseconds since 1970 UTC. Throws RcError 64. */
export function readFromNow(option: string, text: string, now: Date): number {
  const howTo = `Write it as ${option} 12h or ${option} 7d.`;
  const ms = parseDuration(text.trim());
  if (ms !== undefined && ms > 0) return withinYears(option, text, now.getTime() + ms, howTo);
  throw usageError(`${option} ${text} is no duration.`, howTo);
}

/** A date, or how long ago -> milliseconds since 1970 UTC. Throws RcError 64. */
export function readDateOrAgo(option: string, text: string, zone: string, now: Date): number {
  const ago = parseDuration(text.trim());
  if (ago === undefined) return readDate(option, text, zone);
  return withinYears(option, text, now.getTime() - ago, `Write it as ${option} 30d or ${option} 2025-01-31.`);
}

/** The same, but a day alone means all of it: its last millisecond. */
export function readEndOrAgo(option: string, text: string, zone: string, now: Date): number {
  const start = readDateOrAgo(option, text, zone, now);
  const day = text.trim();
  if (!DAY_ALONE.test(day)) return start;
  const nextDay = new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
  return Math.min((parseInstant(`${nextDay} 00:00`, zone) ?? start + DAY_MS) - 1, LAST);
}

function withinYears(option: string, text: string, ms: number, howTo: string): number {
  if (ms >= FIRST && ms <= LAST) return ms;
  throw usageError(`${option} ${text} is not within the years 0 to 9999.`, howTo);
}
