import type { Fate } from '../domain.ts';

/** The columns a source can offer; the first two, and one of the two times, must exist. */
export const SOURCE_COLUMNS = {
  meterNumber: 'METER_NUMBER',
  nocsName: 'NOCS_NAME',
  triggeredAt: 'TRIGGERED_AT',
  elapsedSeconds: 'ELAPSED_SECONDS',
  customerId: 'CUSTOMER_ID',
  balance: 'BALANCE',
  commandId: 'COMMAND_ID',
  outcome: 'OUTCOME',
} as const;

export type SourceField = keyof typeof SOURCE_COLUMNS;

/** One row as text, exactly as the source gave it; a missing column or NULL is null. Untrimmed. */
export type SourceRow = { readonly [field in SourceField]: string | null } & {
  /** Where an operator finds the row: the line of a CSV or NDJSON file, else the record's number, from 1. */
  readonly position: number;
  /** Set where the adapter itself could not make sense of the row (for example a line that is no JSON object). */
  readonly defect?: string;
};

export interface RowBatch {
  /** The fields known to exist in the source so far. */
  readonly fields: ReadonlySet<SourceField>;
  readonly rows: readonly SourceRow[];
}

/** What a database says of itself, and what reading it costs. */
export interface Survey {
  /** `connectMs` is what it took until a query could be sent. */
  readonly server: { readonly version: string; readonly connectMs: number };
  /**
   * `time` is its wall clock, ISO 8601 with the offset from UTC. `aheadMs` is negative where it is behind this host's
   * clock, and right to within half of `roundTripMs`.
   */
  readonly clock: { readonly time: string; readonly aheadMs: number; readonly roundTripMs: number };
  /** What the query yields, used or not. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** From sending the query, its parse included. Never told where there is no row. */
  readonly firstRowMs: number;
  readonly wholeRead: { readonly ms: number; readonly rows: number };
}

export interface Surveyor {
  /** This host's clock. */
  readonly now: () => Date;
  /** Called with each part as soon as it is known: what follows may take minutes, or fail. */
  readonly tell: (found: Partial<Survey>) => void;
}

/** Where RC commands in progress are read from. */
export interface Source {
  /** For people: `file rc-commands.csv`, `standard input`, `Oracle dbhost:1521/C2MPRD`. Never a secret. */
  readonly description: string;
  /** What kind of position rows have, for reports: `line` or `row`. */
  readonly positionName: 'line' | 'row';
  /** Commands older than this are not returned by the source, so their absence means nothing. Milliseconds; null = no limit. */
  readonly lookbackMs: number | null;
  /**
   * All RC commands in progress, streamed in batches.
   * Throws RcError: 69 where the source can not be reached or the read broke off, 65 where its content is damaged,
   * too long for one row, or lacks a needed column. What was yielded before the throw is good.
   * Ends promptly when `signal` is aborted.
   */
  read(signal: AbortSignal): AsyncIterable<RowBatch>;
  /** What became of commands that the read did not list, by command id; ids the source does not know are left out. */
  outcomes?(commandIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Fate>>;
  /** The same read, telling on its way what is found. A connection that is lost is not made once more. */
  survey?(surveyor: Surveyor, signal: AbortSignal): AsyncIterable<RowBatch>;
}
