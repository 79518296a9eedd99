import { groupBy } from '../collections.ts';
import type { NotificationFacts, NotificationRow } from '../ledger/port.ts';
import type { Composer, Notice } from '../message/composer.ts';

/** What is told about one command, and where. */
export interface Tellable {
  readonly facts: NotificationFacts;
  readonly notice: Notice;
  readonly groupId: string;
  /** Milliseconds. */
  readonly ageMs: number;
}

/** One claimed notification that is to be told now. */
export interface Telling extends Tellable {
  readonly row: NotificationRow;
  /** Why it goes elsewhere than to its office's own group; null = it does not. */
  readonly note: string | null;
}

export interface PlannedMessage<T extends Tellable = Telling> {
  readonly groupId: string;
  readonly text: string;
  readonly tellings: readonly T[];
}

/** What the message says of a command. */
export function noticeOf(facts: NotificationFacts): Notice {
  return {
    meterNumber: facts.meter_number,
    nocsName: facts.nocs_name,
    customerId: facts.customer_id,
    balance: facts.balance,
    triggeredAt: facts.triggered_at === null ? null : Date.parse(facts.triggered_at),
    durationStatus: facts.duration_status,
    durationMinutes: facts.duration_minutes,
  };
}

/** STUCK before ALERT, oldest first. */
function byUrgency(a: Tellable, b: Tellable): number {
  if (a.facts.duration_status !== b.facts.duration_status) {
    return a.facts.duration_status === 'STUCK' ? -1 : 1;
  }
  return b.ageMs - a.ageMs;
}

/**
 * The messages of this scan, most urgent first: one a notification, or one digest (in parts of at most 4096 characters)
 * for a group with more than `digestAbove`.
 */
export function planMessages<T extends Tellable>(
  tellings: readonly T[],
  composer: Composer,
  digestAbove: number,
  now: Date,
): PlannedMessage<T>[] {
  const byGroup = groupBy([...tellings].sort(byUrgency), (telling) => telling.groupId);
  const messages: PlannedMessage<T>[] = [];
  for (const [groupId, ofGroup] of byGroup) {
    if (ofGroup.length > digestAbove) messages.push(...digestParts(groupId, ofGroup, composer, now));
    else {
      for (const telling of ofGroup) {
        messages.push({ groupId, text: composer.single(telling.notice, now), tellings: [telling] });
      }
    }
  }
  return messages.sort((a, b) => byUrgency(mostUrgent(a), mostUrgent(b)));
}

function digestParts<T extends Tellable>(
  groupId: string,
  tellings: readonly T[],
  composer: Composer,
  now: Date,
): PlannedMessage<T>[] {
  const byNotice = new Map(tellings.map((telling) => [telling.notice, telling]));
  return composer.digest([...byNotice.keys()], now).map(({ text, notices }) => ({
    groupId,
    text,
    tellings: notices.flatMap((notice) => byNotice.get(notice) ?? []),
  }));
}

function mostUrgent<T extends Tellable>(message: PlannedMessage<T>): T {
  const [first] = message.tellings;
  if (first === undefined) throw new Error('a message without notifications was planned');
  return first;
}
