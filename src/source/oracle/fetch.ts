import type { Metadata } from 'oracledb';
import { RcError } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import { type ColumnNames, fieldsByColumn, foldColumn, missingColumns } from '../columns.ts';
import { columnsMissing, columnTwice } from '../file-errors.ts';
import { SOURCE_COLUMNS, type SourceField, type SourceRow } from '../port.ts';

/** How the columns of a query become fields of rows. */
export interface FetchPlan {
  readonly fields: ReadonlySet<SourceField>;
  /** The statement to run in the query's place. */
  readonly sql: string;
  /** `values` as fetched: text or null. */
  row(values: readonly unknown[], position: number): SourceRow;
}

interface UsedColumn {
  readonly name: string;
  readonly type: string;
  readonly fields: readonly SourceField[];
}

const FIELDS = Object.keys(SOURCE_COLUMNS) as readonly SourceField[];
const WALL_CLOCK = 'YYYY-MM-DD"T"HH24:MI:SS';

/** Types with a time in them, and the SQL that writes them. */
const TIMES: Readonly<Record<string, (column: string) => string>> = {
  DATE: (column) => `TO_CHAR(${column}, '${WALL_CLOCK}')`,
  TIMESTAMP: (column) => `TO_CHAR(${column}, '${WALL_CLOCK}.FF3')`,
  'TIMESTAMP WITH TIME ZONE': instant,
  'TIMESTAMP WITH LOCAL TIME ZONE': instant,
};

const AS_TEXT = new Set([
  ...['VARCHAR2', 'NVARCHAR2', 'CHAR', 'NCHAR', 'LONG', 'CLOB', 'NCLOB', 'ROWID', 'UROWID'],
  ...['NUMBER', 'BINARY_INTEGER', 'BINARY_FLOAT', 'BINARY_DOUBLE'],
]);

/**
 * Plans the read of a query by the columns it was described to have. Where one is no text, the query is read from outside:
 * what is not needed is left there (the driver can not make text of an INTERVAL or a BLOB), and a time is written out by
 * the database, because the driver would make a JavaScript date in the zone of this process, in which some wall clocks do
 * not exist. Throws RcError 65 where a needed column is missing, there twice, or of a type that is no text.
 */
export function planFetch(
  query: string,
  found: readonly Metadata[],
  names: ColumnNames,
  description: string,
): FetchPlan {
  const used = usedColumns(found, names, description);
  const fields = new Set(used.flatMap((column) => column.fields));
  const missing = missingColumns(fields, names);
  const all = found.map(({ name }) => name);
  if (missing.length > 0) throw columnsMissing(description, missing, all);

  const isWrapped = found.some(({ dbTypeName }) => !AS_TEXT.has(dbTypeName));
  const order = isWrapped ? used.map(({ name }) => name) : all;
  const at = indexOfFields(used, order);
  const value = (values: readonly unknown[], field: SourceField) => textOf(values[at[field]]);
  return {
    fields,
    sql: isWrapped ? `SELECT ${used.map(written).join(', ')} FROM (\n${query}\n)` : query,
    row: (values, position) => ({
      meterNumber: value(values, 'meterNumber'),
      nocsName: value(values, 'nocsName'),
      triggeredAt: value(values, 'triggeredAt'),
      elapsedSeconds: value(values, 'elapsedSeconds'),
      customerId: value(values, 'customerId'),
      balance: value(values, 'balance'),
      commandId: value(values, 'commandId'),
      outcome: value(values, 'outcome'),
      position,
    }),
  };
}

function usedColumns(found: readonly Metadata[], names: ColumnNames, description: string): UsedColumn[] {
  const byColumn = fieldsByColumn(names);
  const all = new Set(found.map(({ name }) => foldColumn(name)));
  const seen = new Set<SourceField>();
  return found.flatMap(({ name, dbTypeName: type }) => {
    const fields = byColumn.get(foldColumn(name));
    if (fields === undefined) return [];
    // The driver gives the second of two columns of one name this one.
    const second = `${foldColumn(name)}_1`;
    const isTwice = all.has(second) && !byColumn.has(second);
    if (isTwice || fields.some((field) => seen.has(field))) throw columnTwice(description, name);
    if (!(type in TIMES) && !AS_TEXT.has(type)) throw noText(description, name, type);
    for (const field of fields) seen.add(field);
    return [{ name, type, fields }];
  });
}

function indexOfFields(used: readonly UsedColumn[], order: readonly string[]): Record<SourceField, number> {
  const at = Object.fromEntries(FIELDS.map((field) => [field, -1])) as Record<SourceField, number>;
  for (const { name, fields } of used) for (const field of fields) at[field] = order.indexOf(name);
  return at;
}

function written({ name, type }: UsedColumn): string {
  const column = `"${name}"`;
  const write = TIMES[type];
  return write === undefined ? column : `${write(column)} AS ${column}`;
}

function instant(column: string): string {
  return `TO_CHAR(SYS_EXTRACT_UTC(${column}), '${WALL_CLOCK}.FF3"Z"')`;
}

/** Oracle writes numbers below one without their zero. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = String(value);
  if (!text.startsWith('.') && !text.startsWith('-.')) return text;
  return text.replace(/^(-?)\.(?=\d+$)/, '$10.');
}

function noText(description: string, column: string, type: string): RcError {
  return new RcError({
    code: 'ERR_RC_SOURCE_COLUMNS',
    message: `In ${description}, the column ${column} is ${type}, which is neither text, number nor time.`,
    hint: 'Convert it in the query, then run "rc-notify config check".',
    exitCode: ExitCode.DATAERR,
  });
}
