import type { Database } from 'better-sqlite3';
import { groupBy } from '../collections.ts';
import { foldNocs } from '../config/nocs.ts';
import type { LateStatus, SendStatus } from '../domain.ts';
import { type Condition, conditionOf, type HistoryFilter } from './history.ts';

/** How long something took over several notifications, in seconds. */
export interface Spread {
  readonly notifications: number;
  readonly medianSeconds: number;
  readonly p90Seconds: number;
}

export interface Statistics {
  readonly notifications: number;
  /** Recorded as told by a baseline, never sent: in no other number. */
  readonly baseline: number;
  /** Most first; spellings of one NOCS are counted together under the most frequent. */
  readonly byNocs: readonly NocsCount[];
  readonly byStatus: readonly {
    readonly durationStatus: LateStatus;
    readonly sendStatus: SendStatus;
    readonly notifications: number;
  }[];
  /** Null where nothing was sent, or nothing cleared after it was sent. */
  readonly triggerToMessage: Spread | null;
  readonly messageToCleared: Spread | null;
}

interface NocsCount {
  readonly nocsName: string | null;
  readonly notifications: number;
}

const BASELINE = `channel = 'none'`;

/** Counts and times of the notifications a filter means; released ones count as what they were. */
export function notificationStatistics(database: Database, filter: HistoryFilter): Statistics {
  const condition = conditionOf(database, filter);
  const read = database.transaction((): Statistics => {
    const byStatus = countByStatus(database, condition);
    return {
      notifications: byStatus.reduce((total, { notifications }) => total + notifications, 0),
      baseline: countBaseline(database, condition),
      byNocs: countByNocs(database, condition),
      byStatus,
      triggerToMessage: spread(database, condition, TRIGGER_TO_MESSAGE),
      messageToCleared: spread(database, condition, secondsBetween('sent_at', 'cleared_at')),
    };
  });
  return read();
}

function countByStatus(database: Database, { sql, parameters }: Condition): Statistics['byStatus'] {
  return database
    .prepare<[unknown], Statistics['byStatus'][number]>(
      `SELECT duration_status AS durationStatus, send_status AS sendStatus, COUNT(*) AS notifications
         FROM whatsapp_notifications WHERE ${sql} AND NOT ${BASELINE} GROUP BY 1, 2 ORDER BY 1, 2`,
    )
    .all(parameters);
}

function countBaseline(database: Database, { sql, parameters }: Condition): number {
  return database
    .prepare(`SELECT COUNT(*) FROM whatsapp_notifications WHERE ${sql} AND ${BASELINE}`)
    .pluck()
    .get(parameters) as number;
}

function countByNocs(database: Database, { sql, parameters }: Condition): NocsCount[] {
  const spelled = database
    .prepare<[unknown], NocsCount>(
      `SELECT nocs_name AS nocsName, COUNT(*) AS notifications
         FROM whatsapp_notifications WHERE ${sql} AND NOT ${BASELINE} GROUP BY 1 ORDER BY 2 DESC, 1`,
    )
    .all(parameters);
  const offices = groupBy(spelled, ({ nocsName }) => nocsName && foldNocs(nocsName));
  return [...offices.values()]
    .map((counts) => ({
      nocsName: counts[0]?.nocsName ?? null,
      notifications: counts.reduce((total, count) => total + count.notifications, 0),
    }))
    .sort((a, b) => b.notifications - a.notifications);
}

function secondsBetween(from: string, to: string): string {
  return `ROUND((julianday(${to}) - julianday(${from})) * 86400, 3)`;
}

/** Where the source tells ages and no trigger times, the age that was told. */
const TRIGGER_TO_MESSAGE = `CASE WHEN sent_at IS NULL THEN NULL WHEN triggered_at IS NULL THEN duration_minutes * 60
  ELSE ${secondsBetween('triggered_at', 'sent_at')} END`;

function spread(database: Database, { sql, parameters }: Condition, seconds: string): Spread | null {
  // The order is also the check: a time that ran backwards is a wrong clock, not a quick office.
  const sorted = database
    .prepare(
      `SELECT ${seconds} FROM whatsapp_notifications
         WHERE ${sql} AND NOT ${BASELINE} AND ${seconds} >= 0 ORDER BY 1`,
    )
    .pluck()
    .all(parameters) as number[];
  if (sorted.length === 0) return null;
  return {
    notifications: sorted.length,
    medianSeconds: percentile(sorted, 0.5),
    p90Seconds: percentile(sorted, 0.9),
  };
}

/** Between the two nearest values where it falls between them, as a spreadsheet's PERCENTILE does. */
function percentile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? 0;
  return Math.round((below + (above - below) * (position % 1)) * 1000) / 1000;
}
