import type { Database } from 'better-sqlite3';
import type { Handover, MessageRow, NotificationRow, ScanLedger, Settlement } from '../port.ts';

type MessageStore = Pick<
  ScanLedger,
  'handoversSince' | 'beginSend' | 'beginResend' | 'settle' | 'unsettledMessages'
>;

/** Messages and what handing them over does to their notifications. */
export function messageStore(database: Database): MessageStore {
  const handovers = database.prepare(
    'SELECT group_id AS groupId, last_attempt_at AS at FROM messages WHERE channel = ? AND last_attempt_at > ?',
  );
  // A test message carries no notification, so nobody waits for its fate.
  const unsettled = database.prepare(
    `SELECT * FROM messages WHERE send_status IN ('sending', 'unknown') AND channel = ?
       AND EXISTS (SELECT 1 FROM message_notifications WHERE message_id = messages.id)
       ORDER BY first_attempt_at, id`,
  );
  const rowsOf = rowsOfMessage(database);
  return {
    handoversSince: (channel, since) =>
      handovers.all(channel, since) as { readonly groupId: string; readonly at: string }[],
    beginSend: sendBeginner(database),
    beginResend: resendBeginner(database),
    settle: settler(database),
    unsettledMessages: (channel) =>
      (unsettled.all(channel) as MessageRow[]).map((message) => ({ message, rows: rowsOf(message.id) })),
  };
}

function rowsOfMessage(database: Database): (messageId: string) => NotificationRow[] {
  const rows = database.prepare(
    `SELECT n.* FROM message_notifications m JOIN whatsapp_notifications n ON n.id = m.notification_id
       WHERE m.message_id = ? AND n.message_id = m.message_id ORDER BY n.id`,
  );
  return (messageId) => rows.all(messageId) as NotificationRow[];
}

function sendBeginner(database: Database): ScanLedger['beginSend'] {
  const message = database.prepare(
    `INSERT INTO messages (id, channel, group_id, account, text, send_status, id_imposed, attempts, first_attempt_at,
       last_attempt_at, scan_id)
     VALUES (@id, @channel, @groupId, @account, @text, 'sending', @idImposed, 1, @at, @at, @scanId)`,
  );
  const link = database.prepare(
    'INSERT INTO message_notifications (message_id, notification_id, note) VALUES (@messageId, @id, @note)',
  );
  const row = database.prepare(
    `UPDATE whatsapp_notifications SET send_status = 'sending', channel = @channel, message_id = @messageId,
       message = @text, group_id = @groupId, nocs_name = @nocs_name, customer_id = @customer_id,
       command_id = @command_id, duration_status = @duration_status, duration_minutes = @duration_minutes,
       triggered_at = @triggered_at, balance = @balance, reason = @reason, scan_id = @scanId, attempts = attempts + 1,
       next_attempt_at = NULL, ack = NULL, error = @note, updated_at = @at
     WHERE id = @id AND released_at IS NULL AND send_status IN ('pending', 'failed')`,
  );
  const begin = database.transaction((handover: Handover, scanId: number | null, at: string) => {
    const { id: messageId, channel, groupId, account, text, idImposed, rows } = handover;
    message.run({ id: messageId, channel, groupId, account, text, idImposed: Number(idImposed), at, scanId });
    for (const { id, facts, note } of rows) {
      const values = { ...facts, note, id, messageId, channel, groupId, text, scanId, at };
      if (row.run(values).changes !== 1) throw new Error(`notification ${id} is not waiting to be sent`);
      link.run({ messageId, id, note });
    }
  });
  return (handover, scanId, at) => begin.immediate(handover, scanId, at);
}

function resendBeginner(database: Database): ScanLedger['beginResend'] {
  const message = database.prepare(
    `UPDATE messages SET send_status = 'sending', attempts = attempts + 1, last_attempt_at = @at, settled_at = NULL
       WHERE id = @id AND send_status IN ('sending', 'unknown')`,
  );
  const rows = database.prepare(
    `UPDATE whatsapp_notifications SET send_status = 'sending', updated_at = @at
       WHERE message_id = @id AND send_status IN ('sending', 'unknown')`,
  );
  const begin = database.transaction((id: string, at: string) => {
    if (message.run({ id, at }).changes !== 1) throw new Error(`message ${id} is settled already`);
    rows.run({ id, at });
  });
  return (messageId, at) => begin.immediate(messageId, at);
}

function settler(database: Database): ScanLedger['settle'] {
  const message = database.prepare(
    `UPDATE messages SET send_status = @status, ack = @ack, error = @error, settled_at = @settledAt
       WHERE id = @id AND send_status IN ('sending', 'unknown')`,
  );
  const rowsOf = database.prepare(
    `SELECT n.id, n.attempts, l.note FROM whatsapp_notifications n
       JOIN message_notifications l ON l.notification_id = n.id AND l.message_id = n.message_id
       WHERE n.message_id = ? AND n.send_status IN ('sending', 'unknown')`,
  );
  const row = database.prepare(
    `UPDATE whatsapp_notifications SET send_status = @status, attempts = @attempts, ack = @ack, error = @error,
       sent_at = @sentAt, next_attempt_at = @nextAttempt, updated_at = @at WHERE id = @id`,
  );
  const settle = database.transaction((id: string, settlement: Settlement, at: string) => {
    const { status, ack, error } = settlement;
    const settledAt = status === 'unknown' ? null : at;
    if (message.run({ id, status, ack, error, settledAt }).changes !== 1) {
      throw new Error(`message ${id} is settled already`);
    }
    const rows = rowsOf.all(id) as Pick<
      NotificationRow & { note: string | null },
      'id' | 'attempts' | 'note'
    >[];
    for (const { id: rowId, attempts: begun, note } of rows) {
      const attempts = status === 'failed' && settlement.isUntaken === true ? begun - 1 : begun;
      const nextAttempt = status === 'failed' ? settlement.nextAttempt(attempts) : null;
      const sentAt = status === 'sent' ? settlement.at : null;
      const says = status === 'sent' ? note : error;
      row.run({ id: rowId, status, attempts, ack, error: says, sentAt, nextAttempt, at });
    }
    return rows.length;
  });
  return (messageId, settlement, at) => settle.immediate(messageId, settlement, at);
}
