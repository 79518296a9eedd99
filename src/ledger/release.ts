import type { Database } from 'better-sqlite3';
import { foldNocs } from '../config/nocs.ts';
import { type AuditEntry, recordAudit } from './audit.ts';
import { ledgerOpeners } from './opened.ts';
import type { NotificationRow } from './port.ts';

/** Which notifications; what is left out selects everything. */
export interface ReleaseFilter {
  readonly meter?: string | undefined;
  readonly nocs?: string | undefined;
  readonly failed?: boolean | undefined;
  /** Created before; UTC, ISO 8601. */
  readonly before?: string | undefined;
}

/** As much of a notification as it takes to show it and to see that it has not changed since. */
export type Releasable = Pick<
  NotificationRow,
  | 'id'
  | 'meter_number'
  | 'nocs_name'
  | 'duration_status'
  | 'send_status'
  | 'next_attempt_at'
  | 'message_id'
  | 'created_at'
>;

export type Fate = 'sent' | 'not-sent';

/** Who releases, when, and how the audit words it. */
export interface ReleaseAct extends Pick<AuditEntry, 'target' | 'reason'> {
  readonly who: string;
  readonly at: string;
}

/** The ledger as `reset` uses it. The acts change only rows that are still as selected, and return their ids. */
export interface ReleaseLedger {
  /** Not yet released, oldest first. */
  select(filter: ReleaseFilter): Releasable[];
  /** Of unknown fate, or being sent; with all the rows of their messages. */
  selectUnknown(filter: ReleaseFilter): Releasable[];
  release(selected: readonly Releasable[], act: ReleaseAct): number[];
  decide(selected: readonly Releasable[], fate: Fate, act: ReleaseAct): number[];
  rows(ids: readonly number[]): NotificationRow[];
}

/** Both throw RcError 73. */
export const { open: openReleaseLedger, openForLooking: openReleaseLedgerForLooking } =
  ledgerOpeners(releaseLedger);

function releaseLedger(database: Database): ReleaseLedger {
  const row = database.prepare('SELECT * FROM whatsapp_notifications WHERE id = ?');
  return {
    select: (filter) => select(database, 'released_at IS NULL', filter),
    selectUnknown: (filter) => selectUnknown(database, filter),
    release: releaser(database),
    decide: decider(database),
    rows: (ids) => ids.map((id) => row.get(id) as NotificationRow),
  };
}

function select(database: Database, scope: string, filter: ReleaseFilter): Releasable[] {
  const conditions = [
    scope,
    filter.meter !== undefined && 'meter_number = @meter',
    filter.failed === true && `send_status = 'failed'`,
    filter.before !== undefined && 'created_at < @before',
  ];
  const rows = database
    .prepare(
      `SELECT id, meter_number, nocs_name, duration_status, send_status, next_attempt_at, message_id, created_at
         FROM whatsapp_notifications WHERE ${conditions.filter(Boolean).join(' AND ')} ORDER BY created_at, id`,
    )
    .all({ meter: filter.meter, before: filter.before }) as Releasable[];
  if (filter.nocs === undefined) return rows;
  const nocs = foldNocs(filter.nocs);
  return rows.filter((row) => row.nocs_name !== null && foldNocs(row.nocs_name) === nocs);
}

function selectUnknown(database: Database, filter: ReleaseFilter): Releasable[] {
  const scope = `send_status IN ('unknown', 'sending')`;
  const messages = new Set(select(database, scope, filter).map((row) => row.message_id));
  return select(database, scope, {}).filter((row) => messages.has(row.message_id));
}

function releaser(database: Database): ReleaseLedger['release'] {
  const waiting = `(send_status = 'pending' OR (send_status = 'failed' AND next_attempt_at IS NOT NULL))`;
  const release = database.prepare(
    `UPDATE whatsapp_notifications SET released_at = @at, updated_at = @at,
         send_status = CASE WHEN ${waiting} THEN 'cancelled' ELSE send_status END,
         reason = CASE WHEN ${waiting} THEN 'reset' ELSE reason END,
         next_attempt_at = NULL
       WHERE id = @id AND released_at IS NULL AND send_status = @send_status AND send_status <> 'sending'`,
  );
  return (selected, act) =>
    inOneTransaction(database, act, () => {
      const changed = selected.filter(
        ({ id, send_status }) => release.run({ id, send_status, at: act.at }).changes === 1,
      );
      return { changed: changed.map(({ id }) => id), detail: `released ${changed.length}` };
    });
}

function decider(database: Database): ReleaseLedger['decide'] {
  const decide: Readonly<Record<Fate, string>> = {
    sent: `UPDATE messages SET send_status = 'sent', error = NULL, settled_at = @at
             WHERE id = @id AND send_status = 'unknown'`,
    'not-sent': `UPDATE messages SET send_status = 'failed', settled_at = @at
             WHERE id = @id AND send_status = 'unknown'`,
  };
  const follow: Readonly<Record<Fate, string>> = {
    sent: `UPDATE whatsapp_notifications SET send_status = 'sent', error = NULL, updated_at = @at,
               sent_at = (SELECT last_attempt_at FROM messages WHERE id = @id)
             WHERE message_id = @id AND send_status = 'unknown' RETURNING id`,
    'not-sent': `UPDATE whatsapp_notifications SET send_status = 'failed', next_attempt_at = NULL, updated_at = @at,
               released_at = COALESCE(released_at, @at)
             WHERE message_id = @id AND send_status = 'unknown' RETURNING id`,
  };
  return (selected, fate, act) => {
    const message = database.prepare(decide[fate]);
    const rows = database.prepare(follow[fate]).pluck();
    return inOneTransaction(database, act, () => {
      const messages = [...new Set(selected.map((row) => row.message_id))];
      const decided = messages.filter((id) => message.run({ id, at: act.at }).changes === 1);
      const changed = decided.flatMap((id) => rows.all({ id, at: act.at }) as number[]);
      return { changed, detail: `${decided.length} messages of unknown fate decided as ${fate}` };
    });
  };
}

function inOneTransaction(
  database: Database,
  { who, at, target, reason }: ReleaseAct,
  change: () => { readonly changed: number[]; readonly detail: string },
): number[] {
  const act = database.transaction(() => {
    const { changed, detail } = change();
    if (changed.length > 0) {
      recordAudit(database, { action: 'reset', target, reason, detail, notificationIds: changed }, who, at);
    }
    return changed;
  });
  return act.immediate();
}
