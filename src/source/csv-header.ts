import { type ColumnNames, fieldsByColumn, foldColumn, missingColumns } from './columns.ts';
import { columnsMissing, columnTwice } from './file-errors.ts';
import { SOURCE_COLUMNS, type SourceField, type SourceRow } from './port.ts';

const [NEWLINE, RETURN, BLANK, QUOTE, COMMA, SEMICOLON] = [10, 13, 32, 34, 44, 59];

/** What divides the fields of the header line, outside quotes; undefined where the line is not complete yet. */
export function findDelimiter(head: Buffer, isComplete: boolean): ',' | ';' | undefined {
  let lineIsBlank = true;
  let inQuotes = false;
  let balance = 0;
  for (const byte of head) {
    if ((byte === NEWLINE || byte === RETURN) && !inQuotes && !lineIsBlank) {
      return balance > 0 ? ';' : ',';
    }
    if (byte > BLANK) lineIsBlank = false;
    if (byte === QUOTE) inQuotes = !inQuotes;
    else if (byte === SEMICOLON && !inQuotes) balance += 1;
    else if (byte === COMMA && !inQuotes) balance -= 1;
  }
  if (!isComplete) return undefined;
  return balance > 0 ? ';' : ',';
}

/** Where in a record each field is. */
export class CsvHeader {
  readonly fields: ReadonlySet<SourceField>;
  readonly width: number;
  readonly #at: Readonly<Record<SourceField, number>>;

  /** Throws RcError 65 where a needed column is missing or one that is read is there twice. */
  constructor(record: readonly string[], columns: ColumnNames, description: string) {
    const at = new Map<SourceField, number>();
    const byColumn = fieldsByColumn(columns);
    record.forEach((name, index) => {
      for (const field of byColumn.get(foldColumn(name)) ?? []) {
        if (at.has(field)) throw columnTwice(description, name);
        at.set(field, index);
      }
    });
    this.fields = new Set(at.keys());
    this.width = record.length;
    const missing = missingColumns(this.fields, columns);
    if (missing.length > 0) throw columnsMissing(description, missing, record);
    this.#at = Object.fromEntries(
      Object.keys(SOURCE_COLUMNS).map((field) => [field, at.get(field as SourceField) ?? -1]),
    ) as Record<SourceField, number>;
  }

  row(record: readonly string[], position: number): SourceRow {
    const at = this.#at;
    return {
      meterNumber: record[at.meterNumber] ?? null,
      nocsName: record[at.nocsName] ?? null,
      triggeredAt: record[at.triggeredAt] ?? null,
      elapsedSeconds: record[at.elapsedSeconds] ?? null,
      customerId: record[at.customerId] ?? null,
      balance: record[at.balance] ?? null,
      commandId: record[at.commandId] ?? null,
      outcome: record[at.outcome] ?? null,
      position,
    };
  }
}
