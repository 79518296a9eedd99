import { describe, expect, it } from 'vitest';
import type { Column, Row } from './standins/oracle/index.ts';
import { database, withQuery } from './support/oracle-scan.ts';
import { tableOf } from './support/oracle-table.ts';

const columnsWith = (type: Column['type']): Column[] => [
  { name: 'ID', type: 'CHAR', size: 20 },
  { name: 'METER_NUMBER', type: 'CHAR', size: 20 },
  { name: 'NOCS_NAME', type: 'VARCHAR2', size: 80 },
  { name: 'BALANCE', type: 'NUMBER' },
  { name: 'TRIGGERED_AT', type },
  { name: 'ELAPSED_SECONDS', type: 'NUMBER' },
];

/**
 * What is written, and the instant it is by the clocks of Dhaka. Each stands where a process in Dhaka or New York would
 * go wrong: at 23:30 of 2009-06-19, which Dhaka left out, and at 02:30 of 2026-03-08, which New York did.
 */
const WALL_CLOCKS = [
  ['2026-01-31 23:30:00', '2026-01-31T17:30:00.000Z'],
  ['2026-03-08 02:30:00', '2026-03-07T20:30:00.000Z'],
  ['2009-06-20 00:30:00', '2009-06-19T17:30:00.000Z'],
  ['2009-06-19 23:30:00', '2009-06-19T17:30:00.000Z'],
] as const;

const INSTANTS = [
  ['2026-03-08 02:30:00+06:00', '2026-03-07T20:30:00.000Z'],
  ['2026-03-08 02:30:00-05:00', '2026-03-08T07:30:00.000Z'],
  ['2009-06-19 23:30:00Z', '2009-06-19T23:30:00.000Z'],
] as const;

const TYPES = [
  ['DATE', WALL_CLOCKS],
  ['TIMESTAMP', WALL_CLOCKS],
  ['TIMESTAMP WITH TIME ZONE', INSTANTS],
  ['TIMESTAMP WITH LOCAL TIME ZONE', INSTANTS],
] as const;

describe.each(['UTC', 'Asia/Dhaka', 'America/New_York'])('with TZ=%s', (TZ) => {
  it.each(TYPES)('a %s is what it is by the clocks of source.timezone', async (type, times) => {
    const rows = times.map(([given], index): Row => [`C${index}`, `00${index}`, null, null, given, 5400]);
    const oracle = await database({ answer: tableOf(columnsWith(type), rows) });
    const work = withQuery(oracle, 'SELECT * FROM late', { source: { timezone: 'Asia/Dhaka' } });
    const finished = await work.scan({ env: { TZ } });
    expect(finished.code, finished.stderr).toBe(0);
    expect(work.rows().map((row) => row.triggered_at)).toEqual(times.map(([, instant]) => instant));
  });

  it('a command is as old as the clocks of source.timezone make it, where the database tells no age', async () => {
    const inDhaka = new Date(Date.now() + (6 - 1.5) * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    const columns = columnsWith('DATE').slice(0, -1);
    const oracle = await database({ answer: tableOf(columns, [['C1', '0012', null, null, inDhaka]]) });
    const work = withQuery(oracle, 'SELECT * FROM late', { source: { timezone: 'Asia/Dhaka' } });
    expect((await work.scan({ env: { TZ } })).code).toBe(0);
    expect(work.rows()).toMatchObject([{ duration_status: 'ALERT', duration_minutes: 90 }]);
  });

  it('digits of a second, an exact number, padding, what is not known and Bengali text stay what they are', async () => {
    const rows: Row[] = [
      ['C1', '0012', 'ঢাকা বিদ্যুৎ', '12345678901234567.89', '2026-03-08 02:30:00.123456', 5400],
      ['C2', '0013', null, null, null, '5400.5'],
      ['C3', '0014', '', '-.05', null, 5400],
    ];
    const oracle = await database({ answer: tableOf(columnsWith('TIMESTAMP'), rows) });
    const work = withQuery(oracle, 'SELECT * FROM late -- ours', {
      source: { columns: { commandId: 'id' } },
    });
    const finished = await work.scan({ env: { TZ } });
    expect(finished.code, finished.stderr).toBe(0);
    expect(work.rows()).toMatchObject([
      {
        command_id: 'C1',
        meter_number: '0012',
        nocs_name: 'ঢাকা বিদ্যুৎ',
        balance: '12345678901234567.89',
        triggered_at: '2026-03-08T02:30:00.123Z',
      },
      { command_id: 'C2', meter_number: '0013', nocs_name: null, balance: null, triggered_at: null },
      { command_id: 'C3', meter_number: '0014', nocs_name: null, balance: '-0.05' },
    ]);
  });
});

it.each([512, 8192])('Bengali text is whole where packets of %i bytes cut it', async (sdu) => {
  const nameOf = (index: number) => `${'x'.repeat(index % 7)}ঢাকা ${'বিদ্যুৎ'.repeat(1 + (index % 5))}`;
  const rows = Array.from(
    { length: 300 },
    (_, index): Row => [`C${index}`, `${1000 + index}`, nameOf(index), null, null, 5400],
  );
  const columns = columnsWith('DATE').map((column) =>
    column.name === 'NOCS_NAME' ? { ...column, size: 400 } : column,
  );
  const oracle = await database({ answer: tableOf(columns, rows), sdu });
  const work = withQuery(oracle, 'SELECT * FROM late');
  expect((await work.scan()).code).toBe(0);
  expect(work.rows().map((row) => row.nocs_name)).toEqual(rows.map((_, index) => nameOf(index)));
});
