import type { DurationStatus, LateStatus, Reason, SendStatus } from '../domain.ts';
import type { RcError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Outstanding } from '../ledger/port.ts';
import type { InvalidRow } from './collect.ts';

/** The counts of one scan, as `scan --json` prints them and the ledger keeps them. */
export interface ScanCounts {
  checked: number;
  invalid: number;
  duplicate: number;
  tooOld: number;
  normal: number;
  alert: number;
  stuck: number;
  due: number;
  sent: number;
  messagesSent: number;
  alreadyNotified: number;
  toldForEarlierCommand: number;
  failed: number;
  cancelled: number;
  cleared: number;
  pending: number;
  unknown: number;
  muted: number;
  noGroup: number;
}

export function emptyCounts(): ScanCounts {
  return {
    checked: 0,
    invalid: 0,
    duplicate: 0,
    tooOld: 0,
    normal: 0,
    alert: 0,
    stuck: 0,
    due: 0,
    sent: 0,
    messagesSent: 0,
    alreadyNotified: 0,
    toldForEarlierCommand: 0,
    failed: 0,
    cancelled: 0,
    cleared: 0,
    pending: 0,
    unknown: 0,
    muted: 0,
    noGroup: 0,
  };
}

export interface ReportedNotification {
  readonly meterNumber: string;
  readonly nocsName: string | null;
  readonly durationStatus: LateStatus;
  /** null in a dry run: nothing was written. */
  readonly sendStatus: SendStatus | null;
  readonly reason: string;
  readonly groupId: string | null;
  readonly messageId: string | null;
  readonly message: string | null;
}

/** One late command and what triage made of it (`--explain`). */
export interface Explanation {
  readonly meterNumber: string;
  readonly nocsName: string | null;
  readonly commandId: string | null;
  readonly durationStatus: DurationStatus;
  readonly durationMinutes: number;
  readonly reason: Reason;
}

/** A message of a dry run, in full. */
export interface PreviewedMessage {
  readonly groupId: string;
  readonly text: string;
}

export interface ScanResult {
  readonly scan: {
    readonly id: number | null;
    readonly startedAt: string;
    readonly finishedAt: string;
    readonly dryRun: boolean;
    readonly source: string;
  };
  readonly counts: ScanCounts;
  /** What was refused before and is not told yet; the counts have no place for it. */
  readonly refused: Pick<Outstanding, 'retrying' | 'givenUp'>;
  readonly notifications: readonly ReportedNotification[];
  readonly errors: readonly RcError[];
  readonly exitCode: ExitCode;
  readonly explanations: readonly Explanation[];
  readonly invalidRows: readonly InvalidRow[];
  /** What the positions of invalid rows count. */
  readonly positionName: 'line' | 'row';
  /** Dry run only. */
  readonly messages: readonly PreviewedMessage[];
}
