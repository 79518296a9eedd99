import type { LateStatus, SendStatus } from '../domain.ts';
import type { HistoryFilter } from '../ledger/history.ts';
import { readDateOrAgo, readEndOrAgo } from './moment.ts';
import { usageError } from './usage.ts';

/** As typed. */
export interface HistoryOptions {
  readonly meter?: string | undefined;
  readonly nocs?: string | undefined;
  readonly status?: string | undefined;
  readonly sendStatus?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly limit?: string | undefined;
  readonly format?: string | undefined;
  readonly json?: boolean | undefined;
  readonly stats?: boolean | undefined;
}

type Format = 'table' | 'json' | 'csv';

export interface HistoryRequest {
  readonly filter: HistoryFilter;
  readonly limit: number;
  readonly format: Format;
  readonly stats: boolean;
}

const FORMATS: readonly Format[] = ['table', 'json', 'csv'];
const STATUSES: readonly LateStatus[] = ['ALERT', 'STUCK'];
const SEND_STATUSES: readonly SendStatus[] = ['pending', 'sending', 'sent', 'failed', 'unknown', 'cancelled'];
const DEFAULT_LIMIT = 50;

/** Dates and times are by the wall clock of `zone`. Throws RcError 64. */
export function readHistoryOptions(options: HistoryOptions, zone: string, now: Date): HistoryRequest {
  const { meter, nocs, status, sendStatus, since, until, limit, stats = false } = options;
  return {
    filter: {
      meter: meter?.trim(),
      nocs,
      status: status === undefined ? undefined : oneOf('--status', status, STATUSES),
      sendStatus: sendStatus === undefined ? undefined : oneOf('--send-status', sendStatus, SEND_STATUSES),
      since: since === undefined ? undefined : iso(readDateOrAgo('--since', since, zone, now)),
      until: until === undefined ? undefined : iso(readEndOrAgo('--until', until, zone, now)),
    },
    limit: limit === undefined ? DEFAULT_LIMIT : readLimit(limit),
    format: readFormat(options),
    stats,
  };
}

function oneOf<T extends string>(option: string, typed: string, values: readonly T[]): T {
  const value = values.find((candidate) => candidate.toLowerCase() === typed.trim().toLowerCase());
  if (value !== undefined) return value;
  throw usageError(
    `${option} ${typed} is not known.`,
    `Write one of these: rc-notify history ${option} ${values.join('|')}`,
  );
}

function readLimit(typed: string): number {
  const limit = Number(typed);
  if (/^\d{1,15}$/.test(typed) && limit > 0) return limit;
  throw usageError(`--limit ${typed} is not a number of rows.`, 'Write it as rc-notify history --limit 200');
}

function readFormat({ format, json = false, stats = false }: HistoryOptions): Format {
  const chosen = format === undefined ? undefined : oneOf('--format', format, FORMATS);
  if (json && chosen !== undefined && chosen !== 'json') {
    throw usageError(`--json and --format ${chosen} contradict each other.`, 'Leave one of them out.');
  }
  if (stats && chosen === 'csv') {
    throw usageError('--stats has no CSV form.', 'Run rc-notify history --stats --json instead.');
  }
  return json ? 'json' : (chosen ?? 'table');
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
