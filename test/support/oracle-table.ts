import type { Answer, Column, Row, Value } from '../standins/oracle/index.ts';

const DIVIDER = /, (?=TO_CHAR\(|")/;

/**
 * What a database with these rows would answer: the query as it is, or read from outside with its times written out
 * (`SELECT TO_CHAR("TRIGGERED_AT", ...) ... FROM (query)`), which the stand-in can not compute by itself.
 */
export function tableOf(columns: readonly Column[], rows: Iterable<Row>): (sql: string) => Answer {
  return (sql) => {
    const list = /^SELECT (.+) FROM \(\n/.exec(sql)?.[1];
    if (list === undefined) return { columns, rows };
    const chosen = list.split(DIVIDER).map((item) => {
      const name = /"([^"]+)"$/.exec(item)?.[1];
      const index = columns.findIndex((column) => column.name === name);
      const column = columns[index];
      if (column === undefined) throw new Error(`no such column: ${item}`);
      return { index, column, format: /'(YYYY[^']*)'/.exec(item)?.[1] };
    });
    return {
      columns: chosen.map(({ column, format }) =>
        format === undefined ? column : { name: column.name, type: 'VARCHAR2', size: 40 },
      ),
      rows: mapRows(rows, (row) =>
        chosen.map(({ index, format }) => {
          const value = row[index] ?? null;
          return format === undefined ? value : writeTime(value, format);
        }),
      ),
    };
  };
}

function* mapRows(rows: Iterable<Row>, map: (row: Row) => Row): Iterable<Row> {
  for (const row of rows) yield map(row);
}

function writeTime(value: Value, format: string): Value {
  if (value === null) return null;
  const text = String(value);
  const zoned = /(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const written = zoned ? new Date(text.replace(' ', 'T')).toISOString() : text.replace(' ', 'T');
  const [seconds = '', fraction = ''] = written.replace('Z', '').split('.');
  const end = format.endsWith('"Z"') ? 'Z' : '';
  return format.includes('FF3')
    ? `${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${end}`
    : `${seconds}${end}`;
}
