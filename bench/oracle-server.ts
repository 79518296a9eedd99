// A database in a process of its own, so that its work is on nobody's account: writes where it is, as JSON, and ends when
// its standard input does. `FROM late WHERE ROWNUM <= 100` (or `FROM early ...`) yields so many rows.
import process from 'node:process';
import { type Column, type Row, startOracle } from '../test/standins/oracle/index.ts';

/** Those of the built-in query. */
const COLUMNS: readonly Column[] = [
  { name: 'COMMAND_ID', type: 'CHAR', size: 14 },
  { name: 'METER_NUMBER', type: 'VARCHAR2', size: 120 },
  { name: 'NOCS_NAME', type: 'VARCHAR2', size: 254 },
  { name: 'CUSTOMER_ID', type: 'VARCHAR2', size: 50 },
  { name: 'BALANCE', type: 'NUMBER' },
  { name: 'TRIGGERED_AT', type: 'VARCHAR2', size: 19 },
  { name: 'ELAPSED_SECONDS', type: 'NUMBER' },
];

const startedAt = Date.now();
/** By query: rows are made once, so that every client waits for their bytes only. */
const tables = new Map<string, Row[]>();

function makeRow(row: number, isLate: boolean): Row {
  const age = isLate ? 4000 + (row % 9000) : 60 + (row % 3000);
  const triggeredAt = new Date(startedAt - age * 1000).toISOString().slice(0, 19);
  const names = [`${90000000000000 + row}`, `${10000000 + row}`, `NOCS ${row % 36}`, `CUST${row}`];
  return [...names, `${row % 500}.25`, triggeredAt, age];
}

function rowsOf(sql: string): Row[] {
  const [, table, count] = /FROM (late|early) WHERE ROWNUM <= (\d+)/.exec(sql) ?? [];
  const rows =
    tables.get(sql) ?? Array.from({ length: Number(count) }, (_, row) => makeRow(row, table === 'late'));
  tables.set(sql, rows);
  return rows;
}

const { connectString, user, password } = await startOracle({
  answer: (sql) => ({ columns: COLUMNS, rows: rowsOf(sql) }),
});
process.stdout.write(`${JSON.stringify({ connectString, user, password })}\n`);
process.stdin.resume().on('end', () => process.exit());
