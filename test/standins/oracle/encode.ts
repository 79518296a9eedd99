import * as c from './constants.ts';

const NUMBER_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const MAX_PAIRS = 20;

/** NUMBER: an exponent of base 100, then pairs of digits; negative ones as complements, closed by 102. Exact. */
export function encodeNumber(text: string): Buffer {
  const [, sign, whole = '', fraction = '', power = '0'] = NUMBER_TEXT.exec(text.trim()) ?? [];
  if (sign === undefined || whole + fraction === '') throw new Error(`not a NUMBER: ${text}`);
  let digits = whole + fraction;
  let point = whole.length + Number(power);
  if (point % 2 !== 0) {
    digits = `0${digits}`;
    point += 1;
  }
  if (digits.length % 2 !== 0) digits += '0';
  const pairs = (digits.match(/../g) ?? []).map(Number);
  const first = pairs.findIndex((pair) => pair !== 0);
  if (first === -1) return Buffer.from([0x80]);
  const mantissa = pairs.slice(first, pairs.findLastIndex((pair) => pair !== 0) + 1);
  if (mantissa.length > MAX_PAIRS) throw new Error(`more digits than NUMBER has: ${text}`);
  const exponent = 192 + point / 2 - first;
  if (sign !== '-') return Buffer.from([exponent, ...mantissa.map((pair) => pair + 1)]);
  const closing = mantissa.length < MAX_PAIRS ? [102] : [];
  return Buffer.from([255 - exponent, ...mantissa.map((pair) => 101 - pair), ...closing]);
}

/** The decimal text of a NUMBER, `-0.05` and not `-.05`. */
export function decodeNumber(bytes: Buffer): string {
  const head = bytes[0] ?? 0x80;
  if (bytes.length === 1) return '0';
  const negative = head < 0x80;
  const exponent = (negative ? 255 - head : head) - 192;
  const closed = negative && bytes.at(-1) === 102;
  const pairs = [...bytes.subarray(1, closed ? -1 : undefined)].map((byte) =>
    negative ? 101 - byte : byte - 1,
  );
  while (pairs.length < exponent) pairs.push(0);
  const text = (pair: number): string => String(pair).padStart(2, '0');
  const leading = '00'.repeat(Math.max(0, -exponent));
  const whole = pairs.slice(0, Math.max(0, exponent)).map(text).join('').replace(/^0+/, '');
  const fraction = (leading + pairs.slice(Math.max(0, exponent)).map(text).join('')).replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole || '0'}${fraction && `.${fraction}`}`;
}

const WALL_CLOCK = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?$/;

interface Moment {
  /** Year, month, day, hour, minute, second. */
  parts: number[];
  nanoseconds: number;
  zone: string | undefined;
}

function readMoment(text: string): Moment {
  const match = WALL_CLOCK.exec(text);
  if (!match) throw new Error(`not a date: ${text}`);
  return {
    parts: [1, 2, 3, 4, 5, 6].map((group) => Number(match[group] ?? 0)),
    nanoseconds: Number((match[7] ?? '').padEnd(9, '0')),
    zone: match[8],
  };
}

function dateBytes([year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0]: number[]): number[] {
  return [Math.trunc(year / 100) + 100, (year % 100) + 100, month, day, hour + 1, minute + 1, second + 1];
}

/** DATE: 7 bytes of wall clock. */
export function encodeDate(text: string): Buffer {
  return Buffer.from(dateBytes(readMoment(text).parts));
}

/** TIMESTAMP: DATE and nanoseconds; without them the last 4 bytes are left out, as a server does. */
export function encodeTimestamp(text: string): Buffer {
  const { parts, nanoseconds } = readMoment(text);
  return withNanoseconds(dateBytes(parts), nanoseconds);
}

/** TIMESTAMP WITH LOCAL TIME ZONE: a timestamp in the database's zone, which is +00:00 here. */
export function encodeTimestampLtz(text: string): Buffer {
  const { parts, nanoseconds, zone } = readMoment(text);
  return withNanoseconds(dateBytes(inUtc(parts, offsetMinutes(zone, text))), nanoseconds);
}

/** TIMESTAMP WITH TIME ZONE: a timestamp in UTC, then the offset it was given with. */
export function encodeTimestampTz(text: string): Buffer {
  const { parts, nanoseconds, zone } = readMoment(text);
  const offset = offsetMinutes(zone, text);
  const out = Buffer.alloc(13);
  out.set(dateBytes(inUtc(parts, offset)));
  out.writeUInt32BE(nanoseconds, 7);
  out[11] = Math.trunc(offset / 60) + c.TZ_HOUR_OFFSET;
  out[12] = (offset % 60) + c.TZ_MINUTE_OFFSET;
  return out;
}

/** The wall clock text of a bound DATE or TIMESTAMP of any kind; those with a zone are in UTC and end in Z. */
export function decodeDate(bytes: Buffer): string {
  const [century = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = bytes;
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${two(century - 100)}${two(year - 100)}-${two(month)}-${two(day)}`;
  const time = `${two(hour - 1)}:${two(minute - 1)}:${two(second - 1)}`;
  const nanoseconds = bytes.length >= 11 ? bytes.readUInt32BE(7) : 0;
  const fraction = String(nanoseconds).padStart(9, '0').replace(/0+$/, '');
  return `${date} ${time}${fraction && `.${fraction}`}${bytes.length === 13 ? 'Z' : ''}`;
}

function withNanoseconds(date: number[], nanoseconds: number): Buffer {
  if (nanoseconds === 0) return Buffer.from(date);
  const out = Buffer.alloc(11);
  out.set(date);
  out.writeUInt32BE(nanoseconds, 7);
  return out;
}

function offsetMinutes(zone: string | undefined, text: string): number {
  if (zone === undefined) throw new Error(`a zone is missing: ${text}`);
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith('-') ? -minutes : minutes;
}

function inUtc([year = 0, month = 1, day = 1, hour, minute, second]: number[], offset: number): number[] {
  const at = new Date(Date.UTC(year, month - 1, day, hour, (minute ?? 0) - offset, second));
  return [
    at.getUTCFullYear(),
    at.getUTCMonth() + 1,
    at.getUTCDate(),
    at.getUTCHours(),
    at.getUTCMinutes(),
    at.getUTCSeconds(),
  ];
}
