import type { Outcome, RcCommand } from '../domain.ts';
import { RcError } from '../errors.ts';
import type { NotificationRow } from '../ledger/port.ts';
import {
  ageOf,
  type Ended,
  isWithin,
  noLongerInProgress,
  outcomeOf,
  planClearing,
  type Sightings,
} from './clearing.ts';
import type { ScanPorts, ScanSettings } from './ports.ts';
import { orGiveUp } from './within.ts';

export interface ClearingResult {
  readonly cleared: number;
  readonly cancelled: number;
  readonly changed: readonly number[];
  /** Commands that ended without the customer getting light, still to be told. */
  readonly discarded: readonly RcCommand[];
}

/** Clears what one complete, unfiltered read shows to be no longer in progress. */
export async function applyClearing(
  { source, ledger, log }: Pick<ScanPorts, 'source' | 'ledger' | 'log'>,
  { config }: Pick<ScanSettings, 'config'>,
  open: readonly NotificationRow[],
  sightings: Sightings,
  now: Date,
  signal: AbortSignal,
): Promise<ClearingResult> {
  const { once } = config.rules;
  const gone = noLongerInProgress(open, sightings, once, source.lookbackMs, now);
  const asked = await askOutcomes(source, gone, sightings, signal);
  if (asked instanceof RcError) {
    log.warn(`How ended commands ended is not known (${asked.message}); nothing was cleared.`);
    return { cleared: 0, cancelled: 0, changed: [], discarded: [] };
  }
  const ended: Ended[] = gone.map((row) => ({
    row,
    // What was once discarded stays so, also when the source no longer says it.
    outcome: outcomeOf(row, sightings) ?? asked.get(row.command_id ?? '') ?? row.outcome,
  }));
  // Commands the source no longer returns at all say nothing about how much of it is missing.
  const expected = open.filter((row) => isWithin(row, source.lookbackMs, now)).length;
  const plan = planClearing(ended, expected, ledger.vanished());
  if (plan.heldBack.length > 0) {
    log.warn(
      `${plan.heldBack.length} of ${expected} open commands vanished at once; nothing of them is cleared before the next scan confirms it.`,
      { code: 'ERR_RC_VANISHED', vanished: plan.heldBack.length, open: expected },
    );
  }
  const counts = ledger.clear(plan.clear, now.toISOString());
  ledger.setVanished(plan.heldBack);
  return {
    ...counts,
    changed: plan.clear.map(({ id }) => id),
    discarded: plan.discarded
      .filter((row) => outcomeOf(row, sightings) === null)
      .map((row) => commandFromRow(row, now)),
  };
}

async function askOutcomes(
  source: ScanPorts['source'],
  gone: readonly NotificationRow[],
  sightings: Sightings,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Outcome> | RcError> {
  const ids = gone.flatMap((row) =>
    row.command_id === null || outcomeOf(row, sightings) !== null ? [] : [row.command_id],
  );
  if (source.outcomes === undefined || ids.length === 0) return new Map();
  try {
    return await orGiveUp(source.outcomes(ids, signal), signal, 'Asking how commands ended');
  } catch (thrown) {
    if (thrown instanceof RcError) return thrown;
    throw thrown;
  }
}

function commandFromRow(row: NotificationRow, now: Date): RcCommand {
  return {
    meterNumber: row.meter_number,
    nocsName: row.nocs_name,
    commandId: row.command_id,
    customerId: row.customer_id,
    balance: row.balance,
    triggeredAt: row.triggered_at === null ? null : Date.parse(row.triggered_at),
    ageMs: ageOf(row, now),
    outcome: 'discarded',
  };
}
