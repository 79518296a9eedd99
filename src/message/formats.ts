import { wallClock } from '../time/zone.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DECIMAL = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?$/;
/** More digits than any account holds: a number as long as that is shown as the text it is. */
const MAX_DIGITS = 30;

/** Whole hours and minutes: `2h 30m`. */
export function formatDuration(minutes: number): string {
  return `${Math.floor(minutes / 60)}h ${Math.floor(minutes % 60)}m`;
}

/** `02-01-2025 14:30:00`, by the wall clock of `zone`. */
export function formatTriggered(ms: number, zone: string): string {
  const at = wallClock(ms, zone);
  return `${two(at.day)}-${two(at.month)}-${year(at.year)} ${two(at.hour)}:${two(at.minute)}:${two(at.second)}`;
}

/** `2 Jan 2025, 5:00 PM`, by the wall clock of `zone`. */
export function formatGenerated(ms: number, zone: string): string {
  const at = wallClock(ms, zone);
  const half = at.hour < 12 ? 'AM' : 'PM';
  return `${at.day} ${MONTHS[at.month - 1]} ${year(at.year)}, ${at.hour % 12 || 12}:${two(at.minute)} ${half}`;
}

/**
 * `-৳1,234.57` out of an exact decimal string, two decimals, rounded half away from zero.
 * Null where the text is no decimal number of at most 30 digits before the point.
 */
export function formatMoney(
  decimal: string,
  currency: string,
  grouping: 'western' | 'indian',
): string | null {
  const [, sign, integer, fraction = ''] = DECIMAL.exec(decimal.trim()) ?? [];
  if (integer === undefined || integer.length > MAX_DIGITS) return null;
  const roundUp = (fraction[2] ?? '0') >= '5' ? 1n : 0n;
  const cents = BigInt(integer + fraction.slice(0, 2).padEnd(2, '0')) + roundUp;
  const digits = String(cents).padStart(3, '0');
  const minus = sign === '-' && cents !== 0n ? '-' : '';
  return `${minus}${currency}${grouped(digits.slice(0, -2), grouping)}.${digits.slice(-2)}`;
}

function grouped(digits: string, grouping: 'western' | 'indian'): string {
  const separators = grouping === 'indian' ? /\B(?=(?:\d\d)*\d{3}$)/g : /\B(?=(?:\d{3})+$)/g;
  return digits.replace(separators, ',');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function year(value: number): string {
  return String(value).padStart(4, '0');
}
