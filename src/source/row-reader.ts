import type { ColumnNames } from './columns.ts';
import type { SourceField, SourceRow } from './port.ts';

/** One format, read piece by piece. */
export interface RowReader {
  readonly positionName: 'line' | 'row';
  /** The fields met so far. */
  readonly fields: ReadonlySet<SourceField>;
  /** Takes the next piece; throws RcError 65, having given every row before the damage to the sink. */
  write(chunk: Buffer): void | Promise<void>;
  /** Says that there is no more; throws likewise where the input is not complete. */
  end(): void | Promise<void>;
}

export interface ReaderInput {
  /** For error messages. */
  readonly description: string;
  readonly columns: ColumnNames;
  /** Where the rows go. */
  readonly sink: (row: SourceRow) => void;
}
