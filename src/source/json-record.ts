import { type ColumnNames, fieldsByColumn, foldColumn, missingColumns } from './columns.ts';
import { columnsMissing } from './file-errors.ts';
import type { SourceField, SourceRow } from './port.ts';
import { quote } from './text.ts';

/** The closing quote may be missing, so that an unfinished string stays one. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"?|-?\d[\d.eE+-]*/gs;
const KNOWN_KEYS = 1000;

type Row = { -readonly [key in keyof SourceRow]: SourceRow[key] };

/** Reads records that are JSON objects, and remembers which columns they had. */
export class JsonRecords {
  readonly fields = new Set<SourceField>();
  readonly #columns: ColumnNames;
  readonly #byColumn: ReadonlyMap<string, readonly SourceField[]>;
  readonly #byKey = new Map<string, readonly SourceField[]>();
  #recordSeen = false;

  constructor(columns: ColumnNames) {
    this.#columns = columns;
    this.#byColumn = fieldsByColumn(columns);
  }

  /** A row of the record's text; one with a defect where that is no JSON object of texts, numbers and nulls. */
  row(text: string, position: number): SourceRow {
    const row = emptyRow(position);
    const record = parseJson(quoteNumbers(text));
    if (record === undefined) row.defect = `is not valid JSON: ${quote(text)}`;
    else if (!isObject(record)) row.defect = `is not a JSON object: ${quote(text)}`;
    else this.#fill(row, record);
    return row;
  }

  /** Throws RcError 65 where no record had a needed column. */
  checkColumns(description: string): void {
    const missing = missingColumns(this.fields, this.#columns);
    if (this.#recordSeen && missing.length > 0) {
      throw columnsMissing(description, missing, [...this.#byKey.keys()]);
    }
  }

  #fill(row: Row, record: Readonly<Record<string, unknown>>): void {
    this.#recordSeen = true;
    const filled = new Set<SourceField>();
    for (const key of Object.keys(record)) {
      const value = record[key];
      for (const field of this.#fieldsOf(key)) {
        if (filled.has(field)) row.defect = `has ${quote(key)} more than once`;
        filled.add(field);
        this.fields.add(field);
        if (typeof value === 'string') row[field] = value;
        else if (value !== null) row.defect = `has neither text nor number in ${quote(key)}`;
      }
    }
  }

  #fieldsOf(key: string): readonly SourceField[] {
    let fields = this.#byKey.get(key);
    if (!fields) {
      fields = this.#byColumn.get(foldColumn(key)) ?? [];
      if (this.#byKey.size < KNOWN_KEYS) this.#byKey.set(key, fields);
    }
    return fields;
  }
}

/** What the text stands for; undefined where it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Makes numbers strings, digit for digit, for a float would change them. Of what is no JSON only odd numbers (`01`) pass. */
function quoteNumbers(text: string): string {
  return text.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function emptyRow(position: number): Row {
  return {
    meterNumber: null,
    nocsName: null,
    triggeredAt: null,
    elapsedSeconds: null,
    customerId: null,
    balance: null,
    commandId: null,
    outcome: null,
    position,
  };
}
