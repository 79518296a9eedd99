import type { NotificationFacts, NotificationRow } from '../ledger/port.ts';
import type { Selected } from './judge.ts';
import type { PlannedMessage, Tellable } from './plan.ts';
import type { ReportedNotification } from './result.ts';

/** A row of the ledger as `scan --json` prints it. */
export function reportRow(row: NotificationRow): ReportedNotification {
  return {
    meterNumber: row.meter_number,
    nocsName: row.nocs_name,
    durationStatus: row.duration_status,
    sendStatus: row.send_status,
    reason: row.reason,
    groupId: row.group_id,
    messageId: row.message_id,
    message: row.message,
  };
}

/** What a dry run would have sent, a notification each. */
export function reportPlanned(planned: readonly PlannedMessage<Tellable>[]): ReportedNotification[] {
  return planned.flatMap(({ groupId, text, tellings }) =>
    tellings.map(({ facts }) => ({ ...unwritten(facts), groupId, message: text })),
  );
}

/** What a dry run would have kept waiting. */
export function reportWaiting(selected: readonly Selected[]): ReportedNotification[] {
  return selected.filter(({ action }) => action === 'wait').map(({ facts }) => unwritten(facts));
}

/** What a dry run would have left to a later scan. */
export function reportOverLimit(later: readonly NotificationFacts[]): ReportedNotification[] {
  return later.map((facts) => ({ ...unwritten(facts), reason: 'over-limit' }));
}

function unwritten(facts: NotificationFacts): ReportedNotification {
  return {
    meterNumber: facts.meter_number,
    nocsName: facts.nocs_name,
    durationStatus: facts.duration_status,
    sendStatus: null,
    reason: facts.reason,
    groupId: facts.group_id,
    messageId: null,
    message: null,
  };
}
