import type { Database } from 'better-sqlite3';
import { foldNocs } from '../config/nocs.ts';
import type { LateStatus, SendStatus } from '../domain.ts';
import type { NotificationRow } from './port.ts';

/** Which notifications are meant; what is absent limits nothing. */
export interface HistoryFilter {
  readonly meter?: string | undefined;
  /** In any spelling that folds to the same name. */
  readonly nocs?: string | undefined;
  readonly status?: LateStatus | undefined;
  readonly sendStatus?: SendStatus | undefined;
  /** First and last `created_at`, both included: UTC, ISO 8601 with milliseconds. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** The columns auditors know, in the ledger's order. */
export const NOTIFICATION_COLUMNS = [
  'id',
  'meter_number',
  'nocs_name',
  'customer_id',
  'command_id',
  'duration_status',
  'duration_minutes',
  'triggered_at',
  'balance',
  'group_id',
  'channel',
  'send_status',
  'reason',
  'error',
  'attempts',
  'next_attempt_at',
  'message_id',
  'message',
  'ack',
  'dedupe_key',
  'scan_id',
  'created_at',
  'updated_at',
  'sent_at',
  'cleared_at',
  'outcome',
  'released_at',
] as const satisfies readonly (keyof NotificationRow)[];

/** A condition for SQL and what is bound to it. */
export interface Condition {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The notifications a filter means, newest first, read one by one while they are taken. */
export function newestNotifications(
  database: Database,
  filter: HistoryFilter,
  limit: number,
): IterableIterator<NotificationRow> {
  const { sql, parameters } = conditionOf(database, filter);
  return database
    .prepare<[Record<string, unknown>], NotificationRow>(
      `SELECT ${NOTIFICATION_COLUMNS.join(', ')} FROM whatsapp_notifications
         WHERE ${sql} ORDER BY created_at DESC, id DESC LIMIT @limit`,
    )
    .iterate({ ...parameters, limit });
}

/** The filter as a condition on `whatsapp_notifications`. */
export function conditionOf(database: Database, filter: HistoryFilter): Condition {
  const { meter, nocs, status, sendStatus, since, until } = filter;
  const terms: [sql: string, name: string, value: string | undefined][] = [
    ['meter_number = @meter', 'meter', meter],
    ['nocs_name IN (SELECT value FROM json_each(@nocs))', 'nocs', nocs && spellings(database, nocs)],
    ['duration_status = @status', 'status', status],
    ['send_status = @sendStatus', 'sendStatus', sendStatus],
    ['created_at >= @since', 'since', since],
    ['created_at <= @until', 'until', until],
  ];
  const given = terms.filter(([, , value]) => value !== undefined);
  return {
    sql: given.map(([sql]) => sql).join(' AND ') || 'TRUE',
    parameters: Object.fromEntries(given.map(([, name, value]) => [name, value ?? ''])),
  };
}

/** How the ledger spells this NOCS, as a JSON array: one seek in the index a name, not a look at every row. */
function spellings(database: Database, nocs: string): string {
  const names = database
    .prepare(
      `WITH RECURSIVE names (name) AS (
         SELECT MIN(nocs_name) FROM whatsapp_notifications
         UNION ALL
         SELECT (SELECT MIN(nocs_name) FROM whatsapp_notifications WHERE nocs_name > name) FROM names WHERE name IS NOT NULL
       )
       SELECT name FROM names WHERE name IS NOT NULL`,
    )
    .pluck()
    .all() as string[];
  const wanted = foldNocs(nocs);
  return JSON.stringify(names.filter((name) => foldNocs(name) === wanted));
}
