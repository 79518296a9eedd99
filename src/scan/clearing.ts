import type { OnceRule, Outcome, RcCommand } from '../domain.ts';
import type { Cleared, OpenNotification, OpenTable } from '../ledger/port.ts';
import { isSameCommand } from './identity.ts';

/** Below this many open commands, all of them may end between two scans. */
const GUARDED_FROM = 10;

/** What one complete, unfiltered read says about the ledger's open rows. */
export interface Sightings {
  /** By place among the open rows: those whose commands are in progress, and not among the others. */
  readonly told: { has(place: number): boolean };
  /** Commands in progress, of meters with open rows only. */
  readonly inProgress: ReadonlyMap<string, readonly RcCommand[]>;
  /** Commands whose outcome the source tells, of meters with open rows only. */
  readonly finished: ReadonlyMap<string, readonly RcCommand[]>;
  readonly invalidMeters: ReadonlySet<string>;
  readonly invalidCommands: ReadonlySet<string>;
}

/** The open rows whose command this read does not list as in progress, however old they are. */
export function notListed(
  open: Pick<OpenTable, 'length' | 'at'>,
  sightings: Sightings,
  once: OnceRule,
): OpenNotification[] {
  const unlisted: OpenNotification[] = [];
  for (let place = 0; place < open.length; place += 1) {
    const row = sightings.told.has(place) ? undefined : open.at(place);
    if (row !== undefined && !isListed(row, sightings, once)) unlisted.push(row);
  }
  return unlisted;
}

/** Or may be: what was wrong with its row nobody knows. */
function isListed(row: OpenNotification, sightings: Sightings, once: OnceRule): boolean {
  if (sightings.invalidMeters.has(row.meter_number)) return true;
  if (row.command_id !== null && sightings.invalidCommands.has(row.command_id)) return true;
  const seen = sightings.inProgress.get(row.meter_number) ?? [];
  return once === 'meter' ? seen.length > 0 : seen.some((command) => isSameCommand(row, command));
}

/** How old the row's command is by now, milliseconds; without a trigger time, counted on from what was last read. */
export function ageOf(row: OpenNotification, now: Date): number {
  const lastReadAt = Date.parse(row.updated_at) - row.duration_minutes * 60_000;
  return Math.max(0, now.getTime() - (row.triggered_at === null ? lastReadAt : Date.parse(row.triggered_at)));
}

/** Whether the source would still return the row's command; null = it returns all. */
export function isWithin(row: OpenNotification, lookbackMs: number | null, now: Date): boolean {
  return lookbackMs === null || ageOf(row, now) <= lookbackMs;
}

/** How many rows the source would still return. */
export function countWithin(open: OpenTable, lookbackMs: number | null, now: Date): number {
  let count = 0;
  for (let place = 0; place < open.length; place += 1) {
    const row = open.at(place);
    if (row !== undefined && isWithin(row, lookbackMs, now)) count += 1;
  }
  return count;
}

/** How the row's command ended, where this read tells. */
export function outcomeOf(row: OpenNotification, sightings: Sightings): Outcome | null {
  const finished = sightings.finished.get(row.meter_number) ?? [];
  return finished.find((command) => isSameCommand(row, command))?.outcome ?? null;
}

/** Waiting for its first message or for another attempt; attempts that are used up do not wait. */
export function isStillToBeTold(row: OpenNotification): boolean {
  return row.send_status === 'pending' || (row.send_status === 'failed' && row.next_attempt_at !== null);
}

export interface Ended {
  readonly row: OpenNotification;
  readonly outcome: Outcome | null;
}

export interface Clearing {
  readonly clear: readonly Cleared[];
  /** Rows that vanished all at once: cleared only when the next complete read confirms it. */
  readonly heldBack: readonly number[];
  /** Waiting rows of discarded commands: still to be told. */
  readonly discarded: readonly OpenNotification[];
}

/**
 * Which ended commands are cleared now. More than half of the open ones vanishing at once is more likely a failed
 * export than a miracle, so those wait for a second read; an outcome the source states needs no confirmation.
 */
export function planClearing(
  ended: readonly Ended[],
  openCount: number,
  vanishedBefore: ReadonlySet<number>,
): Clearing {
  const discarded = ended.filter(({ row, outcome }) => outcome === 'discarded' && isStillToBeTold(row));
  const discardedEnds = new Set(discarded);
  const rest = ended.filter((end) => !discardedEnds.has(end));
  const unconfirmed = rest.filter(({ row, outcome }) => outcome === null && !vanishedBefore.has(row.id));
  const suspicious = openCount >= GUARDED_FROM && unconfirmed.length * 2 > openCount;
  const held = new Set(suspicious ? unconfirmed : []);
  return {
    clear: rest.filter((end) => !held.has(end)).map(({ row, outcome }) => ({ id: row.id, outcome })),
    heldBack: [...held].map(({ row }) => row.id),
    discarded: discarded.map(({ row }) => row),
  };
}
