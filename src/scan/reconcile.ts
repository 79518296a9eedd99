import type { Connection, LookupResult } from '../channel/port.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Clock } from '../io.ts';
import type { MessageRow, ScanLedger, Settlement, UnsettledMessage } from '../ledger/port.ts';
import type { Log } from '../terminal/log.ts';
import type { DeliveryReport, Job } from './deliver.ts';
import { orGiveUp, withDeadline } from './within.ts';

/** A message of unknown fate may be sent again, under its id, for so long after its first attempt. */
const RESEND_WITHIN_MS = 24 * 60 * 60 * 1000;

/** What can be decided without connecting: where ids mean nothing, an interrupted send stays of unknown fate. */
export function settleWithoutLookup(
  ledger: ScanLedger,
  unsettled: readonly UnsettledMessage[],
  at: string,
): void {
  for (const { message } of unsettled) {
    if (message.id_imposed === 1 || message.send_status !== 'sending') continue;
    ledger.settle(message.id, unknownFate('the run ended before the channel answered', at), at);
  }
}

/** Whether an earlier message makes a connection worth its while. */
export function needsLookup(unsettled: readonly UnsettledMessage[], now: Date): boolean {
  return unsettled.some(
    ({ message, rows }) =>
      message.id_imposed === 1 &&
      (message.send_status === 'sending' || rows.some(isOpen) || isRecent(message.first_attempt_at, now)),
  );
}

export interface ReconcilePorts {
  readonly ledger: ScanLedger;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds; for one look-up. */
  readonly lookupTimeout: number;
}

/**
 * Looks up every message of unknown fate: found with ack >= 1 it is sent; else it may be sent again, or stays unknown.
 * Returns what to send again, under the same id and text. A look-up that fails leaves its message as it is, and the
 * look-ups after it to the next scan: new messages do not wait for it.
 */
export async function reconcile(
  ports: ReconcilePorts,
  unsettled: readonly UnsettledMessage[],
  signal: AbortSignal,
  report: DeliveryReport,
): Promise<Job[]> {
  const { ledger, connection, clock, log } = ports;
  const resends: Job[] = [];
  for (const { message, rows } of unsettled) {
    if (message.id_imposed === 0) continue;
    const now = clock.now();
    const at = now.toISOString();
    if (message.account === connection.account) {
      const found = await lookUp(ports, message, signal);
      if (found instanceof RcError) {
        log.warn(`Earlier messages could not be looked up (${found.message}); the next scan tries again.`);
        break;
      }
      if (found.found && found.ack >= 1) {
        report.sentRows += ledger.settle(message.id, arrived(found.ack, message.last_attempt_at), at);
        report.sentMessages += 1;
        for (const { id } of rows) report.changed.add(id);
        continue;
      }
      if (message.text !== null && rows.some(isOpen) && isRecent(message.first_attempt_at, now)) {
        resends.push(resend(ledger, { message, rows }));
        continue;
      }
    }
    if (message.send_status === 'sending') {
      ledger.settle(message.id, unknownFate('it can neither be found nor sent again', at), at);
      for (const { id } of rows) report.changed.add(id);
    }
  }
  return resends;
}

/** What the other side knows; RcError where it can not say, in time or at all. Throws what ends the whole scan. */
async function lookUp(
  { connection, clock, lookupTimeout }: ReconcilePorts,
  message: MessageRow,
  signal: AbortSignal,
): Promise<LookupResult | RcError> {
  const outgoing = { id: message.id, groupId: message.group_id, text: message.text ?? '' };
  const until = clock.now().getTime() + lookupTimeout;
  try {
    return await withDeadline(clock, until, signal, (inTime) =>
      orGiveUp(connection.lookup(outgoing, inTime), inTime, 'Looking up an earlier message'),
    );
  } catch (thrown) {
    if (!(thrown instanceof RcError) || signal.aborted || thrown.exitCode === ExitCode.NOPERM) throw thrown;
    return thrown;
  }
}

function resend(ledger: ScanLedger, { message, rows }: UnsettledMessage): Job {
  return {
    groupId: message.group_id,
    label: rows[0]?.meter_number ?? message.id,
    notificationIds: rows.map(({ id }) => id),
    // All that are sent again come before what is new.
    isStuck: true,
    attempt: message.attempts + 1,
    begin: (at) => {
      ledger.beginResend(message.id, at);
      return { id: message.id, groupId: message.group_id, text: message.text ?? '' };
    },
  };
}

function isOpen(row: { readonly cleared_at: string | null; readonly released_at: string | null }): boolean {
  return row.cleared_at === null && row.released_at === null;
}

function isRecent(firstAttemptAt: string, now: Date): boolean {
  return now.getTime() - Date.parse(firstAttemptAt) < RESEND_WITHIN_MS;
}

function unknownFate(error: string, at: string): Settlement {
  return { status: 'unknown', ack: null, error, at, nextAttempt: () => null };
}

function arrived(ack: number, at: string): Settlement {
  return { status: 'sent', ack, error: null, at, nextAttempt: () => null };
}
