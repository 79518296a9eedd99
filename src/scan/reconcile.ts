import type { Connection } from '../channel/port.ts';
import type { ScanLedger, Settlement, UnsettledMessage } from '../ledger/port.ts';
import type { Job } from './deliver.ts';

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

export interface Reconciled {
  /** Sent under the same id and text once more. */
  readonly resends: readonly Job[];
  readonly sentRows: number;
  readonly sentMessages: number;
  readonly changed: readonly number[];
}

/** Looks up every message of unknown fate: found with ack >= 1 it is sent; else it may be sent again, or stays unknown. */
export async function reconcile(
  ledger: ScanLedger,
  connection: Connection,
  unsettled: readonly UnsettledMessage[],
  now: Date,
  signal: AbortSignal,
): Promise<Reconciled> {
  const at = now.toISOString();
  const resends: Job[] = [];
  const changed: number[] = [];
  let sentRows = 0;
  let sentMessages = 0;
  for (const unsettledMessage of unsettled) {
    const { message, rows } = unsettledMessage;
    if (signal.aborted || message.id_imposed === 0) continue;
    if (message.account === connection.account) {
      const outgoing = { id: message.id, groupId: message.group_id, text: message.text ?? '' };
      const found = await connection.lookup(outgoing, signal);
      if (found.found && found.ack >= 1) {
        sentRows += ledger.settle(message.id, arrived(found.ack, message.last_attempt_at), at);
        sentMessages += 1;
        changed.push(...rows.map(({ id }) => id));
        continue;
      }
      if (message.text !== null && rows.some(isOpen) && isRecent(message.first_attempt_at, now)) {
        resends.push(resend(ledger, unsettledMessage));
        continue;
      }
    }
    if (message.send_status === 'sending') {
      ledger.settle(message.id, unknownFate('it can neither be found nor sent again', at), at);
      changed.push(...rows.map(({ id }) => id));
    }
  }
  return { resends, sentRows, sentMessages, changed };
}

function resend(ledger: ScanLedger, { message, rows }: UnsettledMessage): Job {
  return {
    groupId: message.group_id,
    label: rows[0]?.meter_number ?? message.id,
    notificationIds: rows.map(({ id }) => id),
    attempt: message.attempts + 1,
    note: null,
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
