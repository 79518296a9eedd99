import type { Database } from 'better-sqlite3';
import { foldNocs, nocsInWords } from '../config/nocs.ts';
import { showTime } from '../time/show.ts';
import type { NotificationRow } from './port.ts';
import type { StoryEntry } from './story.ts';

interface Act {
  readonly at: string;
  readonly who: string;
  readonly action: string;
  readonly target: string | null;
  readonly reason: string | null;
  readonly released: 0 | 1;
}

/** What operators did to the meter's notifications. */
export function auditEntries(database: Database, meter: string): StoryEntry[] {
  return database
    .prepare<[string], Act>(
      `SELECT a.at, a.who, a.action, a.target, a.reason, MAX(n.released_at IS a.at) AS released
         FROM whatsapp_notifications n
         JOIN audit_notifications l ON l.notification_id = n.id JOIN audit a ON a.id = l.audit_id
         WHERE n.meter_number = ? GROUP BY a.id ORDER BY a.id`,
    )
    .all(meter)
    .map(({ at, who, action, target, reason, released }) => {
      const act = [action, target].filter((part) => part !== null).join(' ');
      const done = released === 1 ? `Released by ${who} (${act})` : `Changed by ${who} (${act})`;
      return { at, text: `${done}${because(reason)}.` };
    });
}

interface MuteRow {
  readonly kind: 'meter' | 'nocs';
  readonly name: string;
  readonly until: string | null;
  readonly reason: string | null;
  readonly created_by: string;
  readonly created_at: string;
  readonly ended_at: string | null;
}

/** Mutes of the meter, and those of its NOCS that were in force while one of its notifications was open. */
export function muteEntries(
  database: Database,
  meter: string,
  rows: readonly NotificationRow[],
  zone: string,
): StoryEntry[] {
  return (database.prepare('SELECT * FROM mutes ORDER BY id').all() as MuteRow[])
    .filter((mute) => (mute.kind === 'meter' ? mute.name === meter : rows.some((row) => concerns(mute, row))))
    .flatMap((mute) => {
      const what = mute.kind === 'meter' ? 'The meter' : nocsInWords(mute.name);
      const until = mute.until === null ? '' : ` until ${showTime(mute.until, zone)}`;
      const started = `${what} was muted${until} by ${mute.created_by}${because(mute.reason)}.`;
      const ended = mute.ended_at === null ? [] : [{ at: mute.ended_at, text: `${what} was unmuted.` }];
      return [{ at: mute.created_at, text: started }, ...ended];
    });
}

function concerns(mute: MuteRow, row: NotificationRow): boolean {
  if (row.nocs_name === null || foldNocs(row.nocs_name) !== foldNocs(mute.name)) return false;
  const mutedTo = mute.ended_at ?? mute.until;
  const openTo = row.cleared_at ?? row.released_at;
  return (openTo === null || mute.created_at <= openTo) && (mutedTo === null || mutedTo >= row.created_at);
}

function because(reason: string | null): string {
  return reason === null ? '' : `, because: ${reason}`;
}
