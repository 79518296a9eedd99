import type { Fate, Outcome, RcCommand } from '../domain.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { NotificationRow, OpenNotification, OpenTable } from '../ledger/port.ts';
import {
  ageOf,
  countWithin,
  type Ended,
  isStillToBeTold,
  isWithin,
  notListed,
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
  /** Commands the read does not list although the customer got no light, still to be told. */
  readonly unlisted: readonly RcCommand[];
  /** Why it could not be asked how commands ended; nothing was cleared then. */
  readonly failure: RcError | null;
}

/** Clears what one complete, unfiltered read shows to be no longer in progress. */
export async function applyClearing(
  { source, ledger, log }: Pick<ScanPorts, 'source' | 'ledger' | 'log'>,
  { config }: Pick<ScanSettings, 'config'>,
  open: OpenTable,
  sightings: Sightings,
  now: Date,
  signal: AbortSignal,
): Promise<ClearingResult> {
  const { once } = config.rules;
  const isOld = (row: OpenNotification) => !isWithin(row, source.lookbackMs, now);
  // Of a command too old to be listed only its fate tells, and only one that is not told needs to know.
  const inQuestion = notListed(open, sightings, once).filter(
    (row) => !isOld(row) || row.send_status !== 'sent',
  );
  const asked = await askFates(source, inQuestion, sightings, signal);
  if (asked instanceof RcError) {
    return { cleared: 0, cancelled: 0, changed: [], unlisted: [], failure: fatesUnknown(asked) };
  }
  const fateOf = (row: OpenNotification) =>
    outcomeOf(row, sightings) ?? asked.get(row.command_id ?? '') ?? null;
  const { ended, stalled, overlooked } = sortByFate(inQuestion, fateOf, isOld);
  warnOfOverlooked(log, overlooked);
  warnOfStalled(log, stalled.length);
  // Commands the source no longer returns at all say nothing about how much of it is missing.
  const expected = ended.length === 0 ? 0 : countWithin(open, source.lookbackMs, now);
  const plan = planClearing(ended, expected, ledger.vanished());
  if (plan.heldBack.length > 0) {
    log.warn(
      `${plan.heldBack.length} of ${expected} open commands vanished at once; nothing of them is cleared before the next scan confirms it.`,
      { code: 'ERR_RC_VANISHED', vanished: plan.heldBack.length, open: expected },
    );
  }
  const counts = ledger.clear(plan.clear, now.toISOString());
  ledger.setVanished(plan.heldBack);
  const commandsOf = (rows: readonly OpenNotification[], outcome: Outcome | null) =>
    rows.flatMap(({ id }) => ledger.notification(id) ?? []).map((row) => commandFromRow(row, outcome, now));
  const discarded = plan.discarded.filter((row) => outcomeOf(row, sightings) === null);
  return {
    ...counts,
    changed: plan.clear.map(({ id }) => id),
    unlisted: [...commandsOf(discarded, 'discarded'), ...commandsOf(stalled.filter(isStillToBeTold), null)],
    failure: null,
  };
}

interface Sorted {
  readonly ended: readonly Ended[];
  readonly stalled: readonly OpenNotification[];
  /** How many are in progress although the read should have listed them. */
  readonly overlooked: number;
}

function sortByFate(
  rows: readonly OpenNotification[],
  fateOf: (row: OpenNotification) => Fate | null,
  isOld: (row: OpenNotification) => boolean,
): Sorted {
  const ended: Ended[] = [];
  const stalled: OpenNotification[] = [];
  let overlooked = 0;
  for (const row of rows) {
    const fate = fateOf(row);
    if (fate === 'in-progress') overlooked += isOld(row) ? 0 : 1;
    else if (fate === 'stalled') stalled.push(row);
    // What was once discarded stays so, also when the source no longer says it.
    else if (fate !== null || !isOld(row)) ended.push({ row, outcome: fate ?? row.outcome });
  }
  return { ended, stalled, overlooked };
}

function warnOfOverlooked(log: ScanPorts['log'], count: number): void {
  if (count === 0) return;
  log.warn(
    `${count} open commands are in progress although the read did not list them; they stay as they are. Compare the query's parameters with the database: rc-notify config check`,
    { code: 'ERR_RC_OVERLOOKED' },
  );
}

function warnOfStalled(log: ScanPorts['log'], count: number): void {
  if (count === 0) return;
  log.warn(
    `${count} open commands are neither in progress, completed nor discarded; they stay open, and what waits is told. If they have ended, set the statuses under source.oracle.parameters: STATUS_COMPLETED, STATUS_DISCARDED`,
    { code: 'ERR_RC_STALLED', stalled: count },
  );
}

function fatesUnknown(cause: RcError): RcError {
  const why = cause.message.replace(/(?:;[^;]*nothing was cleared)?\.$/, '');
  return new RcError({
    code: cause.code,
    message: `How ended commands ended is not known (${why}); nothing was cleared.`,
    hint: cause.hint,
    // What is late was told all the same.
    exitCode: ExitCode.UNAVAILABLE,
    cause,
  });
}

async function askFates(
  source: ScanPorts['source'],
  rows: readonly OpenNotification[],
  sightings: Sightings,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Fate> | RcError> {
  const ids = rows.flatMap((row) =>
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

function commandFromRow(row: NotificationRow, outcome: Outcome | null, now: Date): RcCommand {
  return {
    meterNumber: row.meter_number,
    nocsName: row.nocs_name,
    commandId: row.command_id,
    customerId: row.customer_id,
    balance: row.balance,
    triggeredAt: row.triggered_at === null ? null : Date.parse(row.triggered_at),
    ageMs: ageOf(row, now),
    outcome,
  };
}
