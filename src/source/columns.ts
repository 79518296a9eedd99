import { SOURCE_COLUMNS, type SourceField } from './port.ts';

/** `source.columns`: names that differ from the defaults. */
export type ColumnNames = Readonly<Partial<Record<SourceField, string>>>;

const FIELDS = Object.keys(SOURCE_COLUMNS) as readonly SourceField[];

/** What each column is read as, by its folded name; one column may serve several fields. */
export function fieldsByColumn(names: ColumnNames): ReadonlyMap<string, readonly SourceField[]> {
  const byColumn = new Map<string, SourceField[]>();
  for (const field of FIELDS) {
    const column = foldColumn(columnOf(field, names));
    byColumn.set(column, [...(byColumn.get(column) ?? []), field]);
  }
  return byColumn;
}

/** Column names compare by this. */
export function foldColumn(name: string): string {
  return name.trim().toUpperCase();
}

/** The needed columns no field of which is there: a meter, an office, and one of the two times. */
export function missingColumns(fields: ReadonlySet<SourceField>, names: ColumnNames): readonly string[] {
  const needed: readonly SourceField[][] = [['meterNumber'], ['nocsName'], ['triggeredAt', 'elapsedSeconds']];
  return needed
    .filter((either) => !either.some((field) => fields.has(field)))
    .map((either) => either.map((field) => columnOf(field, names)).join(' or '));
}

function columnOf(field: SourceField, names: ColumnNames): string {
  return names[field] ?? SOURCE_COLUMNS[field];
}
