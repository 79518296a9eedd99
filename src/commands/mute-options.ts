import type { Mute } from '../ledger/port.ts';
import { readDate, readFromNow } from './moment.ts';
import { usageError } from './usage.ts';

export interface MuteOptions {
  readonly meter?: string | undefined;
  readonly nocs?: string | undefined;
  readonly for?: string | undefined;
  readonly until?: string | undefined;
  readonly end?: boolean | undefined;
  readonly list?: boolean | undefined;
  readonly reason?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Null for a list. Throws RcError 64 for options that do not go together. */
export function readWhat({ meter, nocs, list, end, json, ...times }: MuteOptions): Mute | null {
  if ((list === true || end === true) && (times.for !== undefined || times.until !== undefined)) {
    throw usageError('--for and --until begin a mute.', HOW_TO);
  }
  if (list === true) {
    if (end === true || meter !== undefined || nocs !== undefined || times.reason !== undefined) {
      throw usageError('--list goes with --json only.', HOW_TO);
    }
    return null;
  }
  if (json === true) throw usageError('--json goes with --list only.', HOW_TO);
  if (times.for !== undefined && times.until !== undefined) {
    throw usageError('--for and --until exclude each other.', HOW_TO);
  }
  const name = (meter ?? nocs)?.trim();
  if (name === undefined || name === '' || (meter !== undefined && nocs !== undefined)) {
    throw usageError('Name either one meter or one office.', HOW_TO);
  }
  return { kind: meter === undefined ? 'nocs' : 'meter', name };
}

const HOW_TO =
  'Write rc-notify mute --meter M --for 7d, rc-notify mute --nocs N --until 2025-01-31, ' +
  'rc-notify mute --end --meter M, or rc-notify mute --list';

/** UTC, ISO 8601; null = until it is ended. Throws RcError 64. */
export function readUntil({ for: duration, until }: MuteOptions, zone: string, now: Date): string | null {
  if (duration !== undefined) {
    return new Date(readFromNow('--for', duration, now)).toISOString();
  }
  return until === undefined ? null : new Date(readDate('--until', until, zone)).toISOString();
}
