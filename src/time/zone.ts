export interface WallClock {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** What a zone's clock is ahead of UTC on one UTC day, milliseconds: `before` until the instant `at`, `after` from it. */
interface DayOffsets {
  readonly before: number;
  readonly at: number;
  readonly after: number;
}

interface Zone {
  readonly formatter: Intl.DateTimeFormat;
  readonly days: Map<number, DayOffsets>;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const CACHED_DAYS = 10_000;

const TIME =
  /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|([+-])(\d{2})(?::?(\d{2}))?)?$/i;

const zones = new Map<string, Zone>();

/** Whether `name` is an IANA time zone such as `Asia/Dhaka`, known to this Node. */
export function isTimeZone(name: string): boolean {
  // Newer Nodes take bare offsets for a zone; 20 does not, and they are no IANA names.
  if (!/^[a-z]/i.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What a clock on the wall in `zone` (an IANA name) shows at `ms` since 1970 UTC. */
export function wallClock(ms: number, zone: string): WallClock {
  const shown = new Date(ms + offsetAt(ms, zoneOf(zone)));
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
  };
}

/**
 * Milliseconds since 1970 UTC of `YYYY-MM-DD HH:MM[:SS[.fraction]]` (or with `T`), in the zone at its end
 * (`Z`, `+06:00`, `+0600`, `+06`), else by the wall clock of `zone`; null where it is no such time.
 * A wall clock that is shown twice (end of summer time) is the earlier instant; one that is skipped moves on by the gap.
 * Years before 1900 are null: they are placeholders such as 0001-01-01.
 */
export function parseInstant(text: string, zone: string): number | null {
  const found = TIME.exec(text.trim());
  if (!found) return null;
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second = '0',
    fraction = '0',
    suffix,
    sign,
    offHour,
    offMinute = '0',
  ] = found;
  if (Number(year) < 1900 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (new Date(date).getUTCDate() !== Number(day) || Number(month) < 1 || Number(month) > 12) return null;

  const ms = Math.trunc(Number(`0.${fraction}`) * SECOND);
  const wall = date + (Number(hour) * 60 + Number(minute)) * MINUTE + Number(second) * SECOND + ms;
  if (suffix === undefined) return instantOf(wall, zoneOf(zone));
  if (sign === undefined) return wall;
  if (Number(offHour) > 23 || Number(offMinute) > 59) return null;
  const offset = (Number(offHour) * 60 + Number(offMinute)) * MINUTE;
  return sign === '-' ? wall + offset : wall - offset;
}

function instantOf(wall: number, zone: Zone): number {
  // No zone is a day away from UTC, so these enclose any change of offset near the instant.
  const before = offsetAt(wall - DAY, zone);
  const after = offsetAt(wall + DAY, zone);
  if (before === after) return wall - before;
  const showing = [wall - before, wall - after].filter((ms) => ms + offsetAt(ms, zone) === wall);
  return showing.length > 0 ? Math.min(...showing) : wall - before;
}

function offsetAt(ms: number, zone: Zone): number {
  const day = Math.floor(ms / DAY);
  let offsets = zone.days.get(day);
  if (!offsets) {
    offsets = offsetsOf(day, zone.formatter);
    if (zone.days.size >= CACHED_DAYS) zone.days.clear();
    zone.days.set(day, offsets);
  }
  return ms < offsets.at ? offsets.before : offsets.after;
}

/** Since 1900 no zone has changed its offset twice within 90 hours (tzdb), so equal ends mean an equal day. */
function offsetsOf(day: number, formatter: Intl.DateTimeFormat): DayOffsets {
  let low = day * DAY;
  let high = low + DAY;
  const before = formattedOffset(low, formatter);
  const after = formattedOffset(high, formatter);
  if (before === after) return { before, at: high, after };
  while (high - low > SECOND) {
    const middle = low + Math.floor((high - low) / (2 * SECOND)) * SECOND;
    if (formattedOffset(middle, formatter) === before) low = middle;
    else high = middle;
  }
  return { before, at: high, after };
}

function formattedOffset(ms: number, formatter: Intl.DateTimeFormat): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatter.formatToParts(ms)) part[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - ms;
}

function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (!zone) {
    const formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    zone = { formatter, days: new Map() };
    zones.set(name, zone);
  }
  return zone;
}
