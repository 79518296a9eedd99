import type { Database } from 'better-sqlite3';
import { groupBy } from '../collections.ts';
import { foldNocs } from '../config/nocs.ts';
import { ledgerOpeners } from './opened.ts';
import type { KeyFamily, Outstanding } from './port.ts';
import { IN_FAMILY, notificationStore, STILL_TO_BE_TOLD } from './sqlite/notification-store.ts';
import { scanStore } from './sqlite/scan-store.ts';

/** What one look at the ledger shows of how things stand. Times are UTC, ISO 8601. */
export interface Overview {
  /** The last few, newest first. */
  readonly scans: readonly PastScan[];
  readonly firstScanAt: string | null;
  /** The start of the last scan that ended with exit code 0. */
  readonly lastSuccessAt: string | null;
  readonly machine: string | null;
  readonly outstanding: Outstanding;
  /** Most first; spellings of one NOCS are counted together. */
  readonly waiting: readonly Waiting[];
  /** Messages handed over in the 24 hours before, tests included. */
  readonly handedOver: number;
  /** Ever; baselines are none. */
  readonly sentNotifications: number;
  readonly sentMessages: number;
  readonly link: Link | null;
  readonly nocsSeen: readonly { readonly name: string; readonly lastSeenAt: string }[];
  readonly groupChecks: readonly GroupLooked[];
  /** Meters that were late again in the last 30 days with another command than the one they were told for. */
  readonly toldForEarlierCommand: number;
}

export interface PastScan {
  readonly id: number;
  readonly startedAt: string;
  /** Null while it runs, and for good where it was killed. */
  readonly finishedAt: string | null;
  readonly source: string;
  readonly channel: string;
  readonly exitCode: number | null;
  /** As `scan --json` names them; null where it did not end. */
  readonly counts: Readonly<Record<string, number>> | null;
}

export interface Waiting {
  readonly nocsName: string | null;
  /** Why it still waits; `retry` = it was refused and is tried again. */
  readonly reason: string;
  readonly notifications: number;
  readonly oldestAt: string;
}

export interface Link {
  readonly account: string | null;
  /** Null where it was linked before the ledger began. */
  readonly linkedAt: string | null;
  readonly lastConnectedAt: string;
}

export interface GroupLooked {
  readonly groupId: string;
  /** Null = it could be posted to. */
  readonly closedWhy: string | null;
  readonly checkedAt: string;
}

export interface OverviewRequest {
  readonly channel: string;
  readonly family: KeyFamily;
  /** Whether `rules.onlyNocs` lets an office take part. */
  readonly inPilot: (nocsName: string | null) => boolean;
  readonly now: Date;
}

interface OverviewLedger {
  /** One moment of the ledger, also while a scan writes. */
  read(request: OverviewRequest): Overview;
  /** What SQLite finds wrong with the file, the first few; empty where it is sound. */
  damage(): string[];
  /** Whether it is of an older version, which the next scan brings up to date. */
  isOlder(): boolean;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const SCANS_SHOWN = 5;
const RECENT_DAYS = 30;
const DAMAGE_SHOWN = 3;

/** Nothing is created; no ledger = an empty one. Throws RcError 73. */
export const { openForLooking: openOverview } = ledgerOpeners(overviewLedger);

function overviewLedger(database: Database): OverviewLedger {
  return {
    read: database.transaction((request: OverviewRequest) => read(database, request)),
    damage: () => {
      const found = database.prepare(`PRAGMA integrity_check(${DAMAGE_SHOWN})`).pluck().all() as string[];
      return found.filter((line) => line !== 'ok');
    },
    // Only what had to be migrated to be read is looked at in memory.
    isOlder: () => database.memory,
  };
}

function read(database: Database, { channel, family, inPilot, now }: OverviewRequest): Overview {
  const value = <T>(sql: string, ...bound: unknown[]) =>
    database
      .prepare(sql)
      .pluck()
      .get(...bound) as T | undefined;
  const all = <T>(sql: string, ...bound: unknown[]) => database.prepare(sql).all(...bound) as T[];
  const ago = (days: number) => new Date(now.getTime() - days * DAY_MS).toISOString();
  return {
    scans: lastScans(database),
    firstScanAt: value<string>('SELECT started_at FROM scans ORDER BY id LIMIT 1') ?? null,
    lastSuccessAt:
      value<string>('SELECT started_at FROM scans WHERE exit_code = 0 ORDER BY id DESC LIMIT 1') ?? null,
    machine: scanStore(database).machine(),
    outstanding: notificationStore(database).outstanding(family, inPilot),
    waiting: waitingByNocs(database, family),
    handedOver:
      value<number>(
        'SELECT COUNT(*) FROM messages WHERE channel = ? AND last_attempt_at > ? AND last_attempt_at <= ?',
        channel,
        ago(1),
        now.toISOString(),
      ) ?? 0,
    sentNotifications:
      value<number>(
        `SELECT COUNT(*) FROM whatsapp_notifications WHERE send_status = 'sent' AND channel = ?`,
        channel,
      ) ?? 0,
    sentMessages:
      value<number>(`SELECT COUNT(*) FROM messages WHERE send_status = 'sent' AND channel = ?`, channel) ?? 0,
    link: linkOf(database, channel),
    nocsSeen: all('SELECT name, last_seen_at AS lastSeenAt FROM nocs_seen ORDER BY name'),
    groupChecks: all(
      `SELECT group_id AS groupId, closed_why AS closedWhy, checked_at AS checkedAt FROM group_checks
         WHERE channel = ? ORDER BY group_id`,
      channel,
    ),
    toldForEarlierCommand:
      value<number>(
        `SELECT COUNT(DISTINCT meter_number) FROM untold
           WHERE reason = 'told-for-earlier-command' AND first_seen_at > ?`,
        ago(RECENT_DAYS),
      ) ?? 0,
  };
}

function lastScans(database: Database): PastScan[] {
  const scans = database
    .prepare(
      `SELECT id, started_at AS startedAt, finished_at AS finishedAt, source, channel, exit_code AS exitCode, counts
         FROM scans ORDER BY id DESC LIMIT ${SCANS_SHOWN}`,
    )
    .all() as (Omit<PastScan, 'counts'> & { counts: string | null })[];
  return scans.map((scan) => ({
    ...scan,
    counts: scan.counts === null ? null : (JSON.parse(scan.counts) as PastScan['counts']),
  }));
}

/** What was refused and has no stronger reason to wait is to be tried again. */
const WHY_WAITING = `CASE WHEN send_status = 'failed' AND reason NOT IN ('muted', 'no-group', 'over-limit')
  THEN 'retry' ELSE reason END`;

function waitingByNocs(database: Database, family: KeyFamily): Waiting[] {
  const spelled = database
    .prepare(
      `SELECT nocs_name AS nocsName, ${WHY_WAITING} AS reason, COUNT(*) AS notifications, MIN(created_at) AS oldestAt
         FROM whatsapp_notifications
         WHERE released_at IS NULL AND cleared_at IS NULL AND ${STILL_TO_BE_TOLD} AND ${IN_FAMILY}
         GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2`,
    )
    .all({ family }) as Waiting[];
  const together = groupBy(spelled, ({ nocsName, reason }) => `${reason} ${foldNocs(nocsName ?? '')}`);
  return [...together.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [others.reduce(added, first)],
  );
}

function added(a: Waiting, b: Waiting): Waiting {
  const oldestAt = a.oldestAt < b.oldestAt ? a.oldestAt : b.oldestAt;
  return { ...a, notifications: a.notifications + b.notifications, oldestAt };
}

function linkOf(database: Database, channel: string): Link | null {
  const link = scanStore(database).link(channel);
  if (link === null) return null;
  const linkedAt = database
    .prepare(`SELECT at FROM audit WHERE action = 'link' ORDER BY id DESC LIMIT 1`)
    .pluck()
    .get() as string | undefined;
  return { account: link.account, linkedAt: linkedAt ?? null, lastConnectedAt: link.lastConnectedAt };
}
