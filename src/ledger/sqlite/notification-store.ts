import type { Database } from 'better-sqlite3';
import type { LedgerChanges, NotificationRow, Outstanding, ScanLedger } from '../port.ts';
import { openTableReader } from './open-table.ts';

type NotificationStore = Pick<
  ScanLedger,
  | 'openNotifications'
  | 'notificationsOfMeter'
  | 'releasedNotifications'
  | 'notification'
  | 'waiting'
  | 'applyChanges'
  | 'postpone'
  | 'clear'
  | 'vanished'
  | 'setVanished'
  | 'outstanding'
  | 'blankBefore'
>;

/** Bound to `@family`. */
export const IN_FAMILY = `(substr(dedupe_key, 1, 9) = 'terminal:') = (@family = 'terminal')`;
const WAITING = `send_status IN ('pending', 'failed')`;
export const STILL_TO_BE_TOLD = `(send_status = 'pending' OR (send_status = 'failed' AND next_attempt_at IS NOT NULL))`;
/** To be told, or its fate to be found out. */
const UNSETTLED = `(${STILL_TO_BE_TOLD} OR send_status = 'sending' OR (send_status = 'unknown' AND cleared_at IS NULL))`;

/** Rows of `whatsapp_notifications`, other than what a message does to them. */
export function notificationStore(database: Database): NotificationStore {
  const ofMeter = database.prepare(
    `SELECT * FROM whatsapp_notifications WHERE meter_number = @meter AND released_at IS NULL AND ${IN_FAMILY} ORDER BY id`,
  );
  const waiting = database.prepare(
    `SELECT id FROM whatsapp_notifications
       WHERE released_at IS NULL AND cleared_at IS NULL AND (${STILL_TO_BE_TOLD} OR send_status IN ('sending', 'unknown'))
         AND ${IN_FAMILY} ORDER BY id`,
  );
  const released = database.prepare(
    `SELECT * FROM whatsapp_notifications WHERE meter_number = @meter AND released_at IS NOT NULL AND ${IN_FAMILY}`,
  );
  const byId = database.prepare('SELECT * FROM whatsapp_notifications WHERE id = ?');
  const postpone = database.prepare(
    `UPDATE whatsapp_notifications SET reason = @reason, error = COALESCE(@error, error), updated_at = @at
       WHERE id = @id AND ${STILL_TO_BE_TOLD}`,
  );
  // What was last of use before then was made before then; that time is indexed, of rows not blanked yet. A condition
  // that names the statuses to blank would be looked up by status instead, through all old rows.
  const blank = database.prepare(
    `UPDATE whatsapp_notifications SET customer_id = NULL, balance = NULL, message = NULL
       WHERE created_at < @before AND (customer_id IS NOT NULL OR balance IS NOT NULL OR message IS NOT NULL)
         AND COALESCE(sent_at, updated_at) < @before AND NOT ${UNSETTLED}`,
  );
  const blankTexts = database.prepare(
    `UPDATE messages SET text = NULL
       WHERE last_attempt_at < @before AND text IS NOT NULL AND send_status <> 'sending' AND NOT EXISTS (
         SELECT 1 FROM whatsapp_notifications n
           WHERE n.message_id = messages.id AND n.send_status = 'unknown' AND n.cleared_at IS NULL)`,
  );
  return {
    openNotifications: openTableReader(
      database,
      `released_at IS NULL AND cleared_at IS NULL AND ${IN_FAMILY}`,
    ),
    notificationsOfMeter: (meter, family) => ofMeter.all({ meter, family }) as NotificationRow[],
    releasedNotifications: (meter, family) => released.all({ meter, family }) as NotificationRow[],
    notification: (id) => (byId.get(id) as NotificationRow | undefined) ?? null,
    waiting: (family) => waiting.pluck().all({ family }) as number[],
    applyChanges: changeApplier(database),
    postpone: (ids, reason, at, error = null) =>
      database
        .transaction(() => {
          for (const id of ids) postpone.run({ id, reason, at, error });
        })
        .immediate(),
    clear: clearer(database),
    ...vanishedStore(database),
    outstanding: outstandingCounter(database),
    blankBefore: (before) =>
      database
        .transaction(() => {
          blankTexts.run({ before });
          return blank.run({ before }).changes;
        })
        .immediate(),
  };
}

function changeApplier(database: Database): ScanLedger['applyChanges'] {
  const release = database.prepare(
    'UPDATE whatsapp_notifications SET released_at = @at, updated_at = @at WHERE id = @id AND released_at IS NULL',
  );
  const cancel = database.prepare(
    `UPDATE whatsapp_notifications SET send_status = 'cancelled', reason = @reason, next_attempt_at = NULL,
       released_at = @at, updated_at = @at WHERE id = @id AND released_at IS NULL AND ${WAITING}`,
  );
  const reopen = database.prepare(
    'UPDATE whatsapp_notifications SET cleared_at = NULL, outcome = NULL, updated_at = @at WHERE id = @id',
  );
  const refresh = database.prepare(
    `UPDATE whatsapp_notifications SET nocs_name = @nocs_name, customer_id = @customer_id, command_id = @command_id,
       duration_status = @duration_status, duration_minutes = @duration_minutes, triggered_at = @triggered_at,
       balance = @balance, group_id = @group_id, reason = @reason, outcome = @outcome, updated_at = @at
       WHERE id = @id AND ${WAITING}`,
  );
  const baseline = database.prepare(
    `UPDATE whatsapp_notifications SET send_status = 'sent', channel = 'none', reason = 'baseline', error = NULL,
       next_attempt_at = NULL, updated_at = @at WHERE id = @id AND ${WAITING}`,
  );
  const untold = database.prepare(
    `INSERT INTO untold (meter_number, command, reason, nocs_name, triggered_at, first_seen_at)
       VALUES (@meter_number, @command, @reason, @nocs_name, @triggered_at, @at) ON CONFLICT DO NOTHING`,
  );
  const claim = database.prepare(
    `INSERT INTO whatsapp_notifications (meter_number, nocs_name, customer_id, command_id, duration_status,
       duration_minutes, triggered_at, balance, group_id, channel, send_status, reason, outcome, dedupe_key, scan_id,
       created_at, updated_at)
     VALUES (@meter_number, @nocs_name, @customer_id, @command_id, @duration_status, @duration_minutes, @triggered_at,
       @balance, @group_id, @channel, @send_status, @reason, @outcome, @dedupe_key, @scanId, @at, @at)
     ON CONFLICT DO NOTHING RETURNING *`,
  );
  // Where another row has the key, this one keeps its own: it must only not hold that of a command it left.
  const rekey = database.prepare(
    'UPDATE OR IGNORE whatsapp_notifications SET dedupe_key = @dedupe_key WHERE id = @id AND dedupe_key <> @dedupe_key',
  );
  const apply = database.transaction((changes: LedgerChanges, scanId: number, at: string) => {
    for (const { id, reason } of changes.cancelled) cancel.run({ id, reason, at });
    for (const id of changes.reopened) reopen.run({ id, at });
    for (const { id, facts, dedupe_key } of changes.refreshed) {
      refresh.run({ ...facts, id, at });
      rekey.run({ id, dedupe_key });
    }
    for (const id of changes.baselined) baseline.run({ id, at });
    for (const late of changes.untold) untold.run({ ...late, at });
    const claimed = new Map<string, NotificationRow>();
    for (const { releases, ...row } of changes.claims) {
      for (const id of releases) release.run({ id, at });
      const inserted = claim.get({ ...row, scanId, at }) as NotificationRow | undefined;
      if (inserted !== undefined) claimed.set(inserted.dedupe_key, inserted);
    }
    return claimed;
  });
  return (changes, scanId, at) => apply.immediate(changes, scanId, at);
}

function clearer(database: Database): ScanLedger['clear'] {
  const clear = database.prepare(
    'UPDATE whatsapp_notifications SET cleared_at = @at, outcome = @outcome, updated_at = @at WHERE id = @id AND cleared_at IS NULL',
  );
  const cancel = database.prepare(
    `UPDATE whatsapp_notifications SET send_status = 'cancelled', next_attempt_at = NULL, released_at = @at
       WHERE id = @id AND released_at IS NULL AND ${STILL_TO_BE_TOLD}`,
  );
  return (cleared, at) =>
    database
      .transaction(() => {
        const counts = { cleared: 0, cancelled: 0 };
        for (const { id, outcome } of cleared) {
          counts.cleared += clear.run({ id, outcome, at }).changes;
          counts.cancelled += cancel.run({ id, at }).changes;
        }
        return counts;
      })
      .immediate();
}

function vanishedStore(database: Database): Pick<ScanLedger, 'vanished' | 'setVanished'> {
  const all = database.prepare('SELECT notification_id FROM vanished').pluck();
  const forget = database.prepare('DELETE FROM vanished');
  const remember = database.prepare('INSERT INTO vanished (notification_id) VALUES (?)');
  return {
    vanished: () => new Set(all.all() as number[]),
    setVanished: (ids) =>
      database
        .transaction(() => {
          forget.run();
          for (const id of ids) remember.run(id);
        })
        .immediate(),
  };
}

function outstandingCounter(database: Database): ScanLedger['outstanding'] {
  const open = `released_at IS NULL AND cleared_at IS NULL AND ${IN_FAMILY}`;
  // Under `once: status` the command of an ALERT that was given up may be told as STUCK.
  const givenUp = `send_status = 'failed' AND next_attempt_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM whatsapp_notifications AS other
      WHERE other.meter_number = whatsapp_notifications.meter_number AND other.released_at IS NULL
        AND COALESCE(other.command_id, other.triggered_at) IS COALESCE(whatsapp_notifications.command_id, whatsapp_notifications.triggered_at)
        AND (other.send_status <> 'failed' OR other.next_attempt_at IS NOT NULL)
        AND (substr(other.dedupe_key, 1, 9) = 'terminal:') = (@family = 'terminal'))`;
  const withoutGroup = `${STILL_TO_BE_TOLD} AND reason = 'no-group'`;
  const count = database.prepare(
    `SELECT COALESCE(SUM(send_status = 'pending'), 0)                                AS pending,
            COALESCE(SUM(${STILL_TO_BE_TOLD} AND reason = 'muted'), 0)              AS muted,
            COALESCE(SUM(${withoutGroup}), 0)                                       AS noGroup,
            COALESCE(SUM(send_status IN ('sending', 'unknown')), 0)                 AS unknown,
            COALESCE(SUM(send_status = 'failed' AND next_attempt_at IS NOT NULL), 0) AS retrying,
            COALESCE(SUM(${givenUp}), 0)                                            AS givenUp
       FROM whatsapp_notifications WHERE ${open}`,
  );
  const offices = database
    .prepare(`SELECT nocs_name FROM whatsapp_notifications WHERE ${open} AND ${withoutGroup}`)
    .pluck();
  return (family, inPilot) => {
    const counted = count.get({ family }) as Outstanding;
    if (counted.noGroup === 0) return counted;
    return { ...counted, noGroup: (offices.all({ family }) as (string | null)[]).filter(inPilot).length };
  };
}
