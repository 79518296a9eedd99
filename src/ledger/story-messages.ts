import type { Database } from 'better-sqlite3';
import { showTime } from '../time/show.ts';
import type { MessageRow, NotificationRow } from './port.ts';
import type { StoryEntry } from './story.ts';

interface ToldMessage extends MessageRow {
  /** How many notifications it carries. */
  readonly notifications: number;
  /** 1 where an operator decided whether it was sent. */
  readonly decided_by_hand: 0 | 1;
}

/** What was handed over for these notifications, and what came of it. */
export function messageEntries(
  database: Database,
  rows: readonly NotificationRow[],
  zone: string,
): StoryEntry[] {
  return messagesOf(database, rows).flatMap((message) => {
    const current = rows.find((row) => row.message_id === message.id);
    return [...handovers(message), ...outcome(message, current, zone)];
  });
}

function messagesOf(database: Database, rows: readonly NotificationRow[]): ToldMessage[] {
  return database
    .prepare<[string], ToldMessage>(
      `SELECT m.*,
           (SELECT COUNT(*) FROM message_notifications WHERE message_id = m.id) AS notifications,
           EXISTS (
             SELECT 1 FROM message_notifications l
               JOIN audit_notifications d ON d.notification_id = l.notification_id JOIN audit a ON a.id = d.audit_id
               WHERE l.message_id = m.id AND a.at = m.settled_at
           ) AS decided_by_hand
         FROM messages m
         WHERE m.id IN (SELECT message_id FROM message_notifications
                          WHERE notification_id IN (SELECT value FROM json_each(?)))
         ORDER BY m.first_attempt_at, m.id`,
    )
    .all(JSON.stringify(rows.map(({ id }) => id)));
}

function handovers(message: ToldMessage): StoryEntry[] {
  const { channel, group_id: group, id, account, notifications, attempts } = message;
  const form = notifications === 1 ? 'alone' : `in a digest of ${notifications}`;
  const by = account === null ? '' : `, by account ${account}`;
  const first = {
    at: message.first_attempt_at,
    text: `Handed to ${channel} for ${group} ${form}${by}: ${id}.`,
  };
  if (attempts === 1) return [first];
  return [
    first,
    { at: message.last_attempt_at, text: `Handed over again with the same id (time ${attempts}): ${id}.` },
  ];
}

function outcome(message: ToldMessage, current: NotificationRow | undefined, zone: string): StoryEntry[] {
  const { id, send_status: status, last_attempt_at: handedAt, settled_at: settledAt } = message;
  const error = message.error === null ? '' : `: ${message.error}`;
  const inDoubt = { at: handedAt, text: `No answer proves that ${id} arrived${error}.` };
  if (settledAt === null) return [inDoubt];
  if (message.decided_by_hand === 1) {
    const decision = status === 'sent' ? 'sent' : 'not sent';
    return [inDoubt, { at: settledAt, text: `An operator recorded ${id} as ${decision}.` }];
  }
  if (status === 'failed') {
    return [{ at: settledAt, text: `Refused (${id})${error}.${nextAttempt(current, zone)}` }];
  }
  const ack = message.ack === null ? '' : `, ack ${message.ack}`;
  return [{ at: current?.sent_at ?? settledAt, text: `Sent (${id}${ack}).` }];
}

function nextAttempt(current: NotificationRow | undefined, zone: string): string {
  if (current?.send_status !== 'failed') return '';
  const { next_attempt_at: next } = current;
  return next === null ? ' It is not tried again.' : ` Next attempt from ${showTime(next, zone)}.`;
}
