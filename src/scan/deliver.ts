import type { Connection, OutgoingMessage, SendResult } from '../channel/port.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Clock } from '../io.ts';
import type { ScanLedger } from '../ledger/port.ts';
import { nextAttemptAt, soonAfterUntaken } from './attempts.ts';
import { handOver } from './hand-over.ts';
import type { Pacer } from './pace.ts';

/** What must remain of the deadline to settle and close, once everything else has ended. */
export const CLOSING_RESERVE_MS = 30_000;
/** From this attempt under one id on, a missing ack says more about the message than about the connection. */
const SUSPECT_MESSAGE_ATTEMPT = 3;
/** So many groups that refuse in a row are a matter of the account. */
const REFUSING_GROUPS = 3;

/** One message to hand over: a new one, or one of unknown fate once more. */
export interface Job {
  readonly groupId: string;
  /** For the progress line. */
  readonly label: string;
  readonly notificationIds: readonly number[];
  /** Whether it tells of a STUCK one. */
  readonly isStuck: boolean;
  /** Attempts under this id, this one included. */
  readonly attempt: number;
  /** Commits `sending` and returns what to send. */
  begin(at: string): OutgoingMessage;
}

export interface DeliveryPorts {
  readonly ledger: ScanLedger;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly stop: AbortSignal;
  /** Aborted by `stop` and at the deadline, whatever the wall clock says by then. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970 UTC. */
  readonly deadlineAt: number;
  readonly ackTimeout: number;
  readonly maxAttempts: number;
  /** Whether refusals by several groups in a row end it. */
  readonly heedsRefusals: boolean;
  readonly onProgress: (done: number, jobs: readonly Job[]) => void;
}

export interface DeliveryReport {
  sentRows: number;
  sentMessages: number;
  failedRows: number;
  /** Rows whose attempts are used up. */
  refusedForGood: number;
  readonly changed: Set<number>;
  /** Notifications whose message was handed over. */
  readonly handed: Set<number>;
  /** Jobs that were not begun. */
  left: Job[];
  /** The last messages, as long as all were refused. */
  readonly refusedInARow: { readonly groupId: string; readonly error: string }[];
  /** The channel is sick: nothing further is handed over in this scan. */
  sick: RcError | null;
}

export function emptyReport(): DeliveryReport {
  return {
    sentRows: 0,
    sentMessages: 0,
    failedRows: 0,
    refusedForGood: 0,
    changed: new Set(),
    handed: new Set(),
    left: [],
    refusedInARow: [],
    sick: null,
  };
}

/** Hands over the jobs one at a time, paced, in order within each group, until done, sick, stopped or out of time. */
export async function deliver(
  jobs: readonly Job[],
  ports: DeliveryPorts,
  report: DeliveryReport,
): Promise<void> {
  // Waiting for a group's turn must not let a less urgent message take the last place under a cap.
  const allowed = ports.pacer.remaining(ports.clock.now());
  const queue = jobs.slice(0, allowed);
  while (queue.length > 0 && report.sick === null && !ports.stop.aborted) {
    report.sick = ports.heedsRefusals ? refusesEverything(report.refusedInARow) : null;
    if (report.sick !== null) break;
    const index = soonest(queue, ports);
    const job = queue[index];
    ports.onProgress(jobs.length - queue.length, queue);
    if (job === undefined || !(await waitForTurn(job, ports))) break;
    queue.splice(index, 1);
    await handOverJob(job, ports, report);
  }
  if (queue.length > 0) report.sick ??= lossOf(ports.connection);
  report.left.push(...queue, ...jobs.slice(allowed));
}

/** The first that may go; but no ALERT that would keep a STUCK one waiting for its group longer than it must. */
function soonest(queue: readonly Job[], { pacer, clock }: DeliveryPorts): number {
  const now = clock.now().getTime();
  const ready = queue.map((job) => Math.max(now, pacer.readyFor(job.groupId)));
  const first = Math.min(...ready);
  const firstStuck = Math.min(...ready.filter((_, index) => queue[index]?.isStuck));
  const isInTheWay = first < firstStuck && first + pacer.longestGap > firstStuck;
  return ready.indexOf(isInTheWay ? firstStuck : first);
}

function lossOf({ lost }: Connection): RcError | null {
  return lost.aborted ? (lost.reason as RcError) : null;
}

async function waitForTurn(job: Job, ports: DeliveryPorts): Promise<boolean> {
  const { clock, pacer, deadlineAt, ackTimeout } = ports;
  const signal = AbortSignal.any([ports.signal, ports.connection.lost]);
  const now = clock.now();
  const readyAt = Math.max(now.getTime(), pacer.readyFor(job.groupId));
  if (readyAt + ackTimeout + CLOSING_RESERVE_MS > deadlineAt) return false;
  try {
    await clock.sleep(readyAt - now.getTime(), signal);
  } catch {
    return false;
  }
  return !signal.aborted;
}

async function handOverJob(job: Job, ports: DeliveryPorts, report: DeliveryReport): Promise<void> {
  const { ledger, connection, clock, pacer } = ports;
  const handedAt = clock.now();
  const message = job.begin(handedAt.toISOString());
  for (const id of job.notificationIds) {
    report.changed.add(id);
    report.handed.add(id);
  }
  pacer.handed(job.groupId, handedAt);
  const result = fateOf(await handOver(connection, message, ports), job);
  const now = clock.now();
  const isUntaken = result.status === 'failed' && result.stop !== undefined;
  let refusedForGood = 0;
  const rows = ledger.settle(
    message.id,
    {
      status: result.status,
      ack: result.ack,
      error: result.status === 'sent' ? null : result.error,
      at: now.toISOString(),
      isUntaken,
      nextAttempt: (attempts) => {
        const next = isUntaken ? soonAfterUntaken(now) : nextAttemptAt(attempts, ports.maxAttempts, now);
        if (next === null) refusedForGood += 1;
        return next;
      },
    },
    now.toISOString(),
  );
  count(report, result, rows, refusedForGood);
  noteRefusal(report.refusedInARow, result, job);
  report.sick = sickness(result, job);
}

function noteRefusal(
  refusedInARow: DeliveryReport['refusedInARow'],
  result: SendResult,
  { groupId }: Job,
): void {
  if (result.status === 'failed') refusedInARow.push({ groupId, error: result.error });
  else refusedInARow.length = 0;
}

/** That one group or two take nothing is no reason to stop; that more in a row do not is one of the account. */
function refusesEverything(refused: DeliveryReport['refusedInARow']): RcError | null {
  const different = new Set(refused.map(({ groupId }) => groupId)).size;
  if (different < REFUSING_GROUPS) return null;
  return new RcError({
    code: 'ERR_RC_ALL_REFUSED',
    message: `Messages to ${different} groups in a row were refused (${refused.at(-1)?.error}), so no further one was sent; the others wait.`,
    hint: 'Look at WhatsApp on the phone for what it says of the account. To see them: rc-notify history --send-status failed',
    exitCode: ExitCode.UNAVAILABLE,
  });
}

/** That a repeat is refused says nothing of the first attempt, which may have arrived. */
function fateOf(result: SendResult, job: Job): SendResult {
  return job.attempt > 1 && result.status === 'failed' ? { ...result, status: 'unknown' } : result;
}

function count(report: DeliveryReport, result: SendResult, rows: number, refusedForGood: number): void {
  if (result.status === 'sent') {
    report.sentRows += rows;
    report.sentMessages += 1;
  } else if (result.status === 'failed') {
    report.failedRows += rows;
    report.refusedForGood += refusedForGood;
  }
}

function sickness(result: SendResult, job: Job): RcError | null {
  if (result.stop === undefined) return null;
  return result.status === 'unknown' &&
    result.stop.code === 'ERR_RC_NO_ACK' &&
    job.attempt >= SUSPECT_MESSAGE_ATTEMPT
    ? null
    : result.stop;
}
