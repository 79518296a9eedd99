import type {
  KeyFamily,
  NotificationFacts,
  NotificationRow,
  Outstanding,
  ScanLedger,
} from '../ledger/port.ts';
import type { Judged, Selected } from './judge.ts';

interface Rehearsal {
  /** What would be told of what was judged. */
  readonly told: ReadonlySet<NotificationFacts>;
  /** Whether what the read does not list may have ended. */
  readonly isWhole: boolean;
  readonly inPilot: (nocsName: string | null) => boolean;
}

type Waiting = Pick<NotificationRow, 'send_status' | 'reason' | 'nocs_name'>;

/** What would wait once a scan has told what it may: rows of the ledger, and those it would claim. Nothing is cleared. */
export function foreseeWaiting(
  ledger: Pick<ScanLedger, 'waiting' | 'notification'>,
  family: KeyFamily,
  { selected, changes }: Pick<Judged, 'selected' | 'changes'>,
  { told, isWhole, inPilot }: Rehearsal,
): Omit<Outstanding, 'unknown' | 'givenUp'> {
  const touched = new Set([...selected.map(({ row }) => row?.id), ...changes.cancelled.map(({ id }) => id)]);
  const notListed = ledger
    .waiting(family)
    .flatMap((id) => (touched.has(id) ? [] : (ledger.notification(id) ?? [])));
  const left: Waiting[] = selected.filter(({ facts }) => !told.has(facts)).map(asLeft);
  const all = [...notListed, ...left];
  // What has most likely ended still stands in the ledger, but nobody has to find it a group.
  const late = isWhole ? left : all;
  return {
    pending: all.filter(({ send_status }) => send_status === 'pending').length,
    retrying: all.filter(({ send_status }) => send_status === 'failed').length,
    muted: late.filter(({ reason }) => reason === 'muted').length,
    noGroup: late.filter(({ reason, nocs_name }) => reason === 'no-group' && inPilot(nocs_name)).length,
  };
}

function asLeft({ row, facts, action }: Selected): Waiting {
  return {
    send_status: row?.send_status ?? 'pending',
    reason: action === 'wait' ? facts.reason : 'over-limit',
    nocs_name: facts.nocs_name,
  };
}
