import type { Database } from 'better-sqlite3';
import { nocsInWords } from '../config/nocs.ts';
import { formatDuration } from '../message/formats.ts';
import { showTime } from '../time/show.ts';
import type { NotificationRow } from './port.ts';
import { messageEntries } from './story-messages.ts';
import { auditEntries, muteEntries } from './story-people.ts';

export interface StoryEntry {
  /** UTC, ISO 8601. */
  readonly at: string;
  /** One sentence or two; text from the database is in it as it is. */
  readonly text: string;
}

export interface MeterRow extends NotificationRow {
  /** 1 where an operator's act in the audit released it, not a scan. */
  readonly released_by_hand: 0 | 1;
}

const WAITS: Readonly<Record<string, string>> = {
  muted: 'the meter or its NOCS is muted',
  'no-group': 'its NOCS has no group, and there is no default group',
  'over-limit': 'the limits of pace or the deadline left no room',
};

const NEVER_TOLD: Readonly<Record<string, string>> = {
  'too-old': 'it was older than rules.ignoreAfter when it was first read (too-old)',
  'told-for-earlier-command':
    'the meter was told for an earlier command, and rules.once is meter (told-for-earlier-command)',
};

const CANCELLED: Readonly<Record<string, string>> = {
  escalated: 'it was STUCK before the ALERT was sent',
  'duplicate-row': 'another notification says the same',
  'already-notified': 'the command had been told',
  'told-for-earlier-command': 'the meter had been told for an earlier command',
};

const ENDED = {
  completed: 'the command was completed',
  discarded: 'the command was discarded',
} as const;

/** All the ledger knows of one meter, in order of time; times inside sentences by the wall clock of `zone`. */
export function meterStory(database: Database, meter: string, zone: string): StoryEntry[] {
  const rows = rowsOfMeter(database, meter);
  const entries = [
    ...rows.map((row, index) => firstSight(row, index, zone)),
    ...untoldEntries(database, meter),
    ...muteEntries(database, meter, rows, zone),
    ...messageEntries(database, rows, zone),
    ...rows.flatMap(waiting),
    ...rows.flatMap(endings),
    ...auditEntries(database, meter),
  ];
  // What happened in the same millisecond stays in this order.
  return entries.sort((a, b) => Number(a.at > b.at) - Number(a.at < b.at));
}

function rowsOfMeter(database: Database, meter: string): MeterRow[] {
  return database
    .prepare<[string], MeterRow>(
      `SELECT n.*, EXISTS (
           SELECT 1 FROM audit_notifications l JOIN audit a ON a.id = l.audit_id
             WHERE l.notification_id = n.id AND a.at = n.released_at
         ) AS released_by_hand
         FROM whatsapp_notifications n WHERE n.meter_number = ? ORDER BY n.id`,
    )
    .all(meter);
}

function firstSight(row: NotificationRow, index: number, zone: string): StoryEntry {
  const seen = index === 0 ? 'First seen late' : 'Seen late again';
  const command = row.command_id === null ? 'a command without id' : `command ${row.command_id}`;
  const triggered = row.triggered_at === null ? '' : `, triggered ${showTime(row.triggered_at, zone)}`;
  const age = `${row.duration_status}, ${formatDuration(row.duration_minutes)}`;
  const baseline =
    row.reason === 'baseline' ? ' A baseline recorded it as told; no message was sent for it.' : '';
  return {
    at: row.created_at,
    text: `${seen}: ${command}, ${nocsInWords(row.nocs_name ?? 'unknown')}${triggered}. Last recorded as ${age}.${baseline}`,
  };
}

function untoldEntries(database: Database, meter: string): StoryEntry[] {
  return database
    .prepare<[string], { at: string; command: string; reason: string }>(
      'SELECT first_seen_at AS at, command, reason FROM untold WHERE meter_number = ? ORDER BY first_seen_at',
    )
    .all(meter)
    .map(({ at, command, reason }) => ({
      at,
      text: `Not told for command ${command}: ${NEVER_TOLD[reason] ?? reason}.`,
    }));
}

function waiting(row: NotificationRow): StoryEntry[] {
  if (row.released_at !== null) return [];
  const why = WAITS[row.reason];
  if (row.send_status === 'pending') {
    return [{ at: row.updated_at, text: `Not told yet: ${why ?? 'it waits for the next scan'}.` }];
  }
  return row.send_status === 'failed' && why !== undefined
    ? [{ at: row.updated_at, text: `Not tried again yet: ${why}.` }]
    : [];
}

function endings(row: MeterRow): StoryEntry[] {
  const { cleared_at: clearedAt, released_at: releasedAt, outcome } = row;
  const cancelled = row.send_status === 'cancelled';
  const byHand = row.released_by_hand === 1;
  const entries: StoryEntry[] = [];
  if (clearedAt !== null) {
    const how = outcome === null ? 'the command is no longer in progress' : ENDED[outcome];
    const unsent = cancelled ? '. The notification was cancelled before it was sent' : '';
    entries.push({ at: clearedAt, text: `Cleared: ${how}${unsent}.` });
  } else if (cancelled && !byHand) {
    entries.push({
      at: releasedAt ?? row.updated_at,
      text: `Cancelled: ${CANCELLED[row.reason] ?? row.reason}.`,
    });
  }
  if (releasedAt !== null && !cancelled && !byHand) {
    entries.push({ at: releasedAt, text: 'Released by a scan: the meter is late with another command.' });
  }
  return entries;
}
