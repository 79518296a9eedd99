import { append } from '../collections.ts';
import type { OnceRule, RcCommand } from '../domain.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Clock } from '../io.ts';
import type { RowBatch, Source, SourceField, SourceRow } from '../source/port.ts';
import { readRow } from '../source/row.ts';
import type { Sightings } from './clearing.ts';
import { onceSlot, refuseMissingIdentity } from './identity.ts';
import type { OpenRows } from './open-rows.ts';
import type { Told, ToldCounts } from './told.ts';
import { outOfTime } from './within.ts';

export interface CollectOptions {
  readonly clock: Clock;
  readonly timezone: string;
  readonly once: OnceRule;
  /** Milliseconds; younger commands are only counted. */
  readonly alertAfter: number;
  readonly now: Date;
  /** Of meters with open rows in the ledger every sighting is kept. */
  readonly open: OpenRows;
  /** Keeps what triage need not see. */
  readonly told: Told;
  /** `--nocs`: whether a row's office takes part; others are passed over uncounted. */
  readonly takesPart: (nocsName: string | null) => boolean;
}

export interface InvalidRow {
  readonly position: number;
  readonly why: string;
}

export interface Collected {
  readonly checked: number;
  readonly invalid: number;
  /** Rows that could be read, those of offices passed over included. */
  readonly usable: number;
  readonly normal: number;
  /** The first few, for the report. */
  readonly invalidRows: readonly InvalidRow[];
  /** Late commands by what competes for one notification. */
  readonly late: ReadonlyMap<string, readonly RcCommand[]>;
  /** Late commands that are told already, as far as they are not among `late`. */
  readonly told: ToldCounts;
  readonly sightings: Sightings;
  /** Offices as the source spells them, those passed over included; '' = rows without one. */
  readonly nocsSeen: ReadonlySet<string>;
  /** Whether a row could not even be told apart from its neighbours: what it swallowed nobody knows. */
  readonly damaged: boolean;
  /** Why the read did not come to its end; null = it is complete. */
  readonly failure: RcError | null;
}

const INVALID_ROWS_SHOWN = 20;
/** Offices are few; a column that holds something else must not fill the memory. */
const MOST_NOCS = 1000;
/** How long a source may take to end once its signal is aborted. */
const HEED_WITHIN_MS = 2_000;

/**
 * Reads everything once, keeping only late commands and sightings of open ones: memory does not grow with the rows that
 * are neither. A read that breaks off is no exception but `failure`, with what was read until then. Throws RcError 78
 * where `rules.once` needs a column the source does not have.
 */
export async function collect(
  source: Source,
  options: CollectOptions,
  signal: AbortSignal,
): Promise<Collected> {
  const collector = new Collector(options);
  let failure: RcError | null = null;
  let fields: ReadonlySet<SourceField> = new Set();
  try {
    const add = (batch: RowBatch): void => {
      fields = batch.fields;
      for (const row of batch.rows) collector.add(row);
    };
    await addAll(source.read(signal)[Symbol.asyncIterator](), add, options.clock, signal);
  } catch (thrown) {
    if (!(thrown instanceof RcError) || thrown.exitCode === ExitCode.CONFIG) throw thrown;
    failure = thrown;
  }
  // A source that simply ends when it is told to has not been read to its end.
  if (signal.aborted) failure ??= outOfTime('Reading the source');
  if (failure === null) refuseMissingIdentity(fields, options.once);
  return { ...collector.result(), failure };
}

/** Adds batch after batch; a source that does not heed its signal is left behind, and read no further. */
async function addAll(
  batches: AsyncIterator<RowBatch>,
  add: (batch: RowBatch) => void,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  // Not Promise.race with one promise for all batches: that would keep each of them in memory.
  let leaveBehind = (): void => {};
  const giveUp = () => void clock.sleep(HEED_WITHIN_MS).then(() => leaveBehind());
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  for (;;) {
    const next = await new Promise<IteratorResult<RowBatch>>((resolve, reject) => {
      leaveBehind = () => reject(outOfTime('Reading the source'));
      batches.next().then(resolve, reject);
    });
    if (next.done === true) break;
    add(next.value);
  }
  signal.removeEventListener('abort', giveUp);
}

class Collector {
  private readonly options: CollectOptions;
  private checked = 0;
  private invalid = 0;
  private usable = 0;
  private normal = 0;
  private damaged = false;
  private readonly invalidRows: InvalidRow[] = [];
  private readonly late = new Map<string, RcCommand[]>();
  private readonly inProgress = new Map<string, RcCommand[]>();
  private readonly finished = new Map<string, RcCommand[]>();
  private readonly nocsSeen = new Set<string>();
  private readonly invalidMeters = new Set<string>();
  private readonly invalidCommands = new Set<string>();
  private openCommands: ReadonlySet<string | null> | null = null;

  constructor(options: CollectOptions) {
    this.options = options;
  }

  add(row: SourceRow): void {
    this.damaged ||= row.defect !== undefined;
    const reading = readRow(row, this.options);
    if ('invalid' in reading) {
      this.addInvalid(row.position, reading);
      return;
    }
    const { command } = reading;
    this.usable += 1;
    if (this.nocsSeen.size < MOST_NOCS) this.nocsSeen.add(command.nocsName ?? '');
    if (!this.options.takesPart(command.nocsName)) return;
    this.checked += 1;
    for (const each of this.options.told.passOn(command)) this.keep(each);
  }

  private keep(command: RcCommand): void {
    if (this.options.open.has(command.meterNumber)) {
      append(command.outcome === null ? this.inProgress : this.finished, command.meterNumber, command);
    }
    if (command.ageMs < this.options.alertAfter || command.outcome === 'completed') this.normal += 1;
    else append(this.late, onceSlot(this.options.once, command), command);
  }

  private addInvalid(
    position: number,
    reading: { invalid: string; meterNumber: string | null; commandId: string | null },
  ): void {
    this.checked += 1;
    this.invalid += 1;
    if (this.invalidRows.length < INVALID_ROWS_SHOWN)
      this.invalidRows.push({ position, why: reading.invalid });
    const { open } = this.options;
    const { meterNumber, commandId } = reading;
    this.openCommands ??= new Set(open.table.column('command_id'));
    if (meterNumber !== null && open.has(meterNumber)) this.invalidMeters.add(meterNumber);
    if (commandId !== null && this.openCommands.has(commandId)) this.invalidCommands.add(commandId);
  }

  result(): Omit<Collected, 'failure'> {
    const { checked, invalid, usable, normal, invalidRows, late, damaged, nocsSeen } = this;
    const { inProgress, finished, invalidMeters, invalidCommands } = this;
    const { told } = this.options;
    const sightings = { told, inProgress, finished, invalidMeters, invalidCommands };
    const counts = told.counts();
    return {
      checked,
      invalid,
      usable,
      normal,
      invalidRows,
      late,
      told: counts,
      sightings,
      nocsSeen,
      damaged,
    };
  }
}
