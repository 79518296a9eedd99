import type { Database } from 'better-sqlite3';
import { foldNocs } from '../config/nocs.ts';
import { recordAudit } from './audit.ts';
import { ledgerOpeners } from './opened.ts';
import type { Mute } from './port.ts';

/** A row of `mutes` that is in force. Times are UTC, ISO 8601; `until` null = until it is ended. */
export interface MuteRow extends Mute {
  readonly until: string | null;
  readonly reason: string | null;
  readonly created_by: string;
  readonly created_at: string;
}

/** The ledger as `mute` uses it. */
export interface MuteLedger {
  /** Oldest first. */
  inForce(at: string): MuteRow[];
  /** Takes the place of an earlier mute of the same meter or office. */
  begin(mute: MuteRow): void;
  /** Returns whether it was muted. */
  end(mute: Mute, reason: string | null, who: string, at: string): boolean;
}

/** Both throw RcError 73. */
export const { open: openMuteLedger, openForLooking: openMuteLedgerForLooking } = ledgerOpeners(muteLedger);

function muteLedger(database: Database): MuteLedger {
  const inForce = database.prepare(
    `SELECT kind, name, until, reason, created_by, created_at FROM mutes
       WHERE ended_at IS NULL AND (until IS NULL OR until > ?) ORDER BY id`,
  );
  return {
    inForce: (at) => inForce.all(at) as MuteRow[],
    begin: beginner(database),
    end: ender(database),
  };
}

function beginner(database: Database): MuteLedger['begin'] {
  const end = endsRows(database);
  const insert = database.prepare(
    `INSERT INTO mutes (kind, name, until, reason, created_by, created_at)
       VALUES (@kind, @name, @until, @reason, @created_by, @created_at)`,
  );
  const begin = database.transaction((mute: MuteRow) => {
    const { created_by: who, created_at: at, reason, until } = mute;
    end(mute, at);
    insert.run(mute);
    const detail = `until ${until ?? 'it is ended'}`;
    recordAudit(
      database,
      { action: 'mute', target: targetOf(mute), reason, detail, notificationIds: [] },
      who,
      at,
    );
  });
  return (mute) => begin.immediate(mute);
}

function ender(database: Database): MuteLedger['end'] {
  const endRows = endsRows(database);
  const end = database.transaction((mute: Mute, reason: string | null, who: string, at: string) => {
    if (!endRows(mute, at)) return false;
    const entry = { action: 'unmute', target: targetOf(mute), reason, detail: null, notificationIds: [] };
    recordAudit(database, entry, who, at);
    return true;
  });
  return (mute, reason, who, at) => end.immediate(mute, reason, who, at);
}

/** Ends every spelling of it; returns whether one was in force. */
function endsRows(database: Database): (mute: Mute, at: string) => boolean {
  const current = database.prepare('SELECT id, name, until FROM mutes WHERE ended_at IS NULL AND kind = ?');
  const end = database.prepare('UPDATE mutes SET ended_at = ? WHERE id = ?');
  return ({ kind, name }, at) => {
    const fold = kind === 'nocs' ? foldNocs : (text: string) => text;
    const rows = current.all(kind) as { id: number; name: string; until: string | null }[];
    const same = rows.filter((row) => fold(row.name) === fold(name));
    // A mute that ran out by itself ended then, not now.
    for (const { id, until } of same) end.run(until !== null && until < at ? until : at, id);
    return same.some(({ until }) => until === null || until > at);
  };
}

function targetOf({ kind, name }: Mute): string {
  return `--${kind} ${name}`;
}
