import type { DurationStatus, LateStatus, OnceRule, RcCommand, Reason } from '../domain.ts';
import type { NotificationRow, OpenNotification } from '../ledger/port.ts';
import { LONGEST_BACKOFF_MS } from './attempts.ts';
import { isStillToBeTold } from './clearing.ts';
import { isSameCommand } from './identity.ts';

export interface TriageRules {
  /** Milliseconds. */
  readonly alertAfter: number;
  readonly stuckAfter: number;
  readonly ignoreAfter: number;
  readonly once: OnceRule;
}

/** What is known about the command's meter when it is judged. */
export interface Facts<Row extends OpenNotification = NotificationRow> {
  /** The ledger's rows of this meter that are not released. */
  readonly rows: readonly Row[];
  /** Whether a released row is about this command. */
  readonly wasReleased: boolean;
  readonly muted: boolean;
  readonly inPilot: boolean;
  /** Where the office is told; null = nowhere. */
  readonly groupId: string | null;
}

export interface Decision<Row extends OpenNotification = NotificationRow> {
  /** `tell` = send now; `wait` = keep a pending row; `skip` = nothing to write. */
  readonly action: 'tell' | 'wait' | 'skip';
  readonly reason: Reason;
  readonly durationStatus: DurationStatus;
  /** The waiting row that is told or goes on waiting; null = a row is to be claimed. */
  readonly row: Row | null;
  readonly releases: readonly number[];
  readonly cancels: readonly { readonly id: number; readonly reason: Reason }[];
  readonly reopens: readonly number[];
}

/** By age in milliseconds: the limits themselves belong to the higher status. */
export function durationStatus(ageMs: number, rules: TriageRules): DurationStatus {
  if (ageMs >= rules.stuckAfter) return 'STUCK';
  return ageMs >= rules.alertAfter ? 'ALERT' : 'NORMAL';
}

const TOLD: readonly string[] = ['sent', 'sending', 'unknown'];
const WAITING: readonly string[] = ['pending', 'failed'];

/** Whether, and why, one command is told now. Pure; `now` is UTC, ISO 8601. */
export function decide<Row extends OpenNotification>(
  command: RcCommand,
  facts: Facts<Row>,
  rules: TriageRules,
  now: string,
): Decision<Row> {
  const status = durationStatus(command.ageMs, rules);
  if (status === 'NORMAL') return skip('not-late', status);
  if (!facts.inPilot) return skip('not-in-pilot', status);

  const relevant =
    rules.once === 'meter' ? facts.rows : facts.rows.filter((row) => isSameCommand(row, command));
  const told = relevant.filter((row) => TOLD.includes(row.send_status) && tells(row, status, rules.once));
  const waiting = relevant.filter((row) => WAITING.includes(row.send_status));
  if (isTooOld(command, facts, rules)) return skip('too-old', status);
  if (told.length > 0) return alreadyTold(command, status, told, waiting);

  // Under `status` a waiting ALERT says less than what is known now.
  const overtaken = waiting.filter((row) => !tells(row, status, rules.once));
  const current = waiting.filter((row) => !overtaken.includes(row));
  const [row = null, ...surplus] = [
    ...current.filter((candidate) => isSameCommand(candidate, command)),
    ...current.filter((candidate) => !isSameCommand(candidate, command)),
  ];
  const cancels = [...cancelling(overtaken, 'escalated'), ...cancelling(surplus, 'duplicate-row')];
  const base = { durationStatus: status, releases: [], cancels, reopens: [] };

  if (row?.send_status === 'failed') {
    const retried = retry(row, command, now);
    if (retried === 'later') return { ...base, action: 'wait', reason: facts.muted ? 'muted' : 'retry', row };
    if (retried === 'used-up') return skip('over-limit', status);
    if (retried === 'now') return gate({ ...base, row, reason: 'retry' }, facts);
    return gate({ ...base, row: null, releases: [row.id], reason: 'retry-new-command' }, facts);
  }
  const escalates = rules.once === 'status' && relevant.some((known) => !tells(known, status, rules.once));
  return gate({ ...base, row, reason: escalates ? 'escalated' : 'due' }, facts);
}

function skip(reason: Reason, status: DurationStatus): Decision<never> {
  return {
    action: 'skip',
    reason,
    durationStatus: status,
    row: null,
    releases: [],
    cancels: [],
    reopens: [],
  };
}

/** Under `status` an ALERT does not say that the command is STUCK by now; a STUCK says both. */
function tells(row: OpenNotification, status: LateStatus, once: OnceRule): boolean {
  return once !== 'status' || status === 'ALERT' || row.duration_status === 'STUCK';
}

function alreadyTold(
  command: RcCommand,
  status: LateStatus,
  told: readonly OpenNotification[],
  waiting: readonly OpenNotification[],
): Decision<never> {
  const same = told.filter((row) => isSameCommand(row, command));
  const reason = same.length > 0 ? 'already-notified' : 'told-for-earlier-command';
  const inProgress = command.outcome === null;
  return {
    ...skip(reason, status),
    cancels: cancelling(waiting, reason),
    reopens: inProgress ? same.filter((row) => row.cleared_at !== null).map(({ id }) => id) : [],
  };
}

/** What was refused for good stays `failed` in the ledger: there is nothing left to cancel. */
function cancelling(rows: readonly OpenNotification[], reason: Reason): Decision['cancels'] {
  return rows.filter(isStillToBeTold).map(({ id }) => ({ id, reason }));
}

function retry(
  row: OpenNotification,
  command: RcCommand,
  now: string,
): 'now' | 'later' | 'used-up' | 'new-command' {
  if (row.next_attempt_at !== null) {
    const aheadMs = Date.parse(row.next_attempt_at) - Date.parse(now);
    return aheadMs <= 0 || aheadMs > LONGEST_BACKOFF_MS ? 'now' : 'later';
  }
  return isSameCommand(row, command) ? 'used-up' : 'new-command';
}

function isTooOld(command: RcCommand, facts: Facts<OpenNotification>, rules: TriageRules): boolean {
  if (command.ageMs <= rules.ignoreAfter || facts.wasReleased) return false;
  return !facts.rows.some((row) => isSameCommand(row, command));
}

function gate<Row extends OpenNotification>(
  decision: Omit<Decision<Row>, 'action'>,
  facts: Facts<Row>,
): Decision<Row> {
  if (facts.muted) return { ...decision, action: 'wait', reason: 'muted' };
  if (facts.groupId === null) return { ...decision, action: 'wait', reason: 'no-group' };
  return { ...decision, action: 'tell' };
}
