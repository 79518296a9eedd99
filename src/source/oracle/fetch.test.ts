import { expect, it } from 'vitest';
import { planFetch } from './fetch.ts';

const column = (name: string, dbTypeName = 'VARCHAR2') => ({ name, dbTypeName });
const NEEDED = [column('METER_NUMBER'), column('NOCS_NAME')];
const AGE = column('ELAPSED_SECONDS', 'NUMBER');
const QUERY = 'SELECT * FROM t -- all of it';
const plan = (columns: { name: string; dbTypeName: string }[], names = {}) =>
  planFetch(QUERY, columns, names, 'Oracle X');

it('a query without times is run as it is, and its columns are found in any order and case', () => {
  const { sql, fields, row } = plan([AGE, column('other'), column('nocs_name'), column('MeterNo')], {
    meterNumber: 'METERNO',
  });
  expect(sql).toBe(QUERY);
  expect(fields).toEqual(new Set(['elapsedSeconds', 'nocsName', 'meterNumber']));
  expect(row(['60', 'x', null, '0012 '], 7)).toEqual({
    meterNumber: '0012 ',
    nocsName: null,
    elapsedSeconds: '60',
    triggeredAt: null,
    customerId: null,
    balance: null,
    commandId: null,
    outcome: null,
    position: 7,
  });
});

it.each([
  ['DATE', `TO_CHAR("at", 'YYYY-MM-DD"T"HH24:MI:SS')`],
  ['TIMESTAMP', `TO_CHAR("at", 'YYYY-MM-DD"T"HH24:MI:SS.FF3')`],
  ['TIMESTAMP WITH TIME ZONE', `TO_CHAR(SYS_EXTRACT_UTC("at"), 'YYYY-MM-DD"T"HH24:MI:SS.FF3"Z"')`],
  ['TIMESTAMP WITH LOCAL TIME ZONE', `TO_CHAR(SYS_EXTRACT_UTC("at"), 'YYYY-MM-DD"T"HH24:MI:SS.FF3"Z"')`],
])('the database writes out a %s, around a query that may end in a comment', (type, written) => {
  const { sql, row } = plan([column('BEFORE', 'DATE'), ...NEEDED, column('at', type)], { triggeredAt: 'AT' });
  expect(sql).toBe(`SELECT "METER_NUMBER", "NOCS_NAME", ${written} AS "at" FROM (\n${QUERY}\n)`);
  expect(row(['1', 'n', '2026-01-31T23:30:00'], 1)).toMatchObject({
    meterNumber: '1',
    triggeredAt: '2026-01-31T23:30:00',
  });
});

it('what is not needed is not fetched where the driver could make no text of it', () => {
  const { sql } = plan([column('AGE', 'INTERVAL DAY TO SECOND'), ...NEEDED, AGE, column('PHOTO', 'BLOB')]);
  expect(sql).toBe(`SELECT "METER_NUMBER", "NOCS_NAME", "ELAPSED_SECONDS" FROM (\n${QUERY}\n)`);
});

it('a column that is not needed may be there twice, and one that is may have the name of a second one if it is asked for', () => {
  const columns = [...NEEDED, AGE, column('X'), column('X_1'), column('NOCS_NAME_1')];
  const { row } = plan(columns, { customerId: 'nocs_name_1' });
  expect(row(['1', 'n', '0', 'x', 'y', '77'], 1)).toMatchObject({ nocsName: 'n', customerId: '77' });
});

it.each([
  ['-.05', '-0.05'],
  ['.5', '0.5'],
  ['-1.05', '-1.05'],
  ['12345678901234567.89', '12345678901234567.89'],
])('the number %s is %s', (fetched, exact) => {
  const { row } = plan([...NEEDED, AGE, column('BALANCE', 'NUMBER')]);
  expect(row(['1', 'n', '0', fetched], 1).balance).toBe(exact);
});

it.each([
  [[...NEEDED], /lacks TRIGGERED_AT or ELAPSED_SECONDS; it has the columns "METER_NUMBER", "NOCS_NAME"/],
  [[...NEEDED, AGE, column('nocs_name')], /"nocs_name" more than once/],
  [[...NEEDED, AGE, column('NOCS_NAME_1')], /"NOCS_NAME" more than once/],
  [
    [...NEEDED, column('ELAPSED_SECONDS', 'INTERVAL DAY TO SECOND')],
    /ELAPSED_SECONDS is INTERVAL DAY TO SECOND/,
  ],
])('columns that can not be used are refused before the first row (%#)', (columns, message) => {
  expect(() => plan(columns)).toThrow(
    expect.objectContaining({ exitCode: 65, message: expect.stringMatching(message) }),
  );
});
