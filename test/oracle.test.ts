import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scanJson } from './harness/workplace.ts';
import { COLUMNS, database, failureOf, withQuery, workplace } from './support/oracle-scan.ts';
import { tableOf } from './support/oracle-table.ts';

it.each([
  ['UTC', '19c'],
  ['Asia/Dhaka', '23ai'],
  ['America/New_York', '19c'],
] as const)(
  'with TZ=%s late commands are told by the built-in query, whose binds are the configuration (%s)',
  async (TZ, release) => {
    const oracle = await database({ release });
    const parameters = { agreement_type: 'PRE', Agreement_Status: 30, schema: 'CISREAD' };
    const work = workplace(oracle, { oracle: { lookback: '10d', parameters } });
    const finished = await work.scan({ env: { TZ } });
    expect(finished.code, finished.stderr).toBe(0);
    expect(work.rows()).toMatchObject([
      { command_id: 'C10000001', meter_number: '10000001', balance: '-0.05', send_status: 'sent' },
    ]);
    expect(oracle.statements[0]?.sql).toBe('SET TRANSACTION READ ONLY');
    expect(oracle.statements.at(-1)?.sql).toContain('FROM CISREAD.D1_ACTIVITY a');
    expect(oracle.statements.at(-1)?.binds).toEqual({
      lookback_minutes: 14_400,
      business_object: 'D1-RemoteConnect',
      status_in_progress: 'COMINPROG',
      device_object: 'D1-DEVICE',
      meter_number_type: 'D1SN',
      customer_id_characteristic: 'CM_LEGCY',
      nocs_characteristic: 'CM_NOCS',
      agreement_type: 'PRE',
      agreement_status: '30',
      language: 'ENG',
    });
  },
);

describe('an own query', () => {
  it('must not have a needed column twice, the second of which the driver gives another name', async () => {
    const twice = [...COLUMNS, { name: 'METER_NUMBER', type: 'VARCHAR2', size: 30 } as const];
    const oracle = await database({
      answer: tableOf(twice, [['C1', '1', 'N', null, null, null, 5400, '2']]),
    });
    const finished = await withQuery(oracle, 'SELECT a.*, b.METER_NUMBER FROM a, b').scan();
    expect(finished.code).toBe(65);
    expect(failureOf(finished)?.message).toMatch(/has the column "METER_NUMBER" more than once/);
  });

  it('is given the binds its text uses, and no other', async () => {
    const oracle = await database();
    const sql = "SELECT ':no' FROM late WHERE age > :ALERT_MINUTES AND x = :site /* :neither */;";
    const work = withQuery(oracle, sql, { oracle: { parameters: { site: 'A', other: 1 } } });
    expect((await work.scan()).code).toBe(0);
    expect(Object.entries(oracle.statements.at(-1)?.binds ?? {})).toEqual([
      [expect.stringMatching(/^alert_minutes$/i), 60],
      [expect.stringMatching(/^site$/i), 'A'],
    ]);
  });

  it.each([
    ['', /it is empty/],
    ['-- SELECT 1 FROM dual', /it is empty/],
    ['DELETE FROM late', /does not begin with SELECT or WITH/],
    ['/* SELECT */ UPDATE late SET x = 1', /does not begin with SELECT or WITH/],
    ['BEGIN DELETE FROM late; END;', /more than one statement/],
    ['BEGIN purge END', /does not begin with SELECT or WITH/],
    ['CALL purge()', /does not begin with SELECT or WITH/],
    ['WITH FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END; SELECT f FROM late', /more than one statement/],
    ['WITH /* a */ FUNCTION f', /declares a function/],
    ['SELECT 1 FROM a; SELECT 2 FROM b', /more than one statement/],
    ['SELECT 1 FROM a;\n/', /more than one statement/],
    ["SELECT q'[a]' FROM a; DELETE FROM b --]'", /more than one statement/],
    ["SELECT 'a''' FROM a; DELETE FROM b --'", /more than one statement/],
    ['SELECT "a" FROM a -- b\n; DELETE FROM b', /more than one statement/],
    ['SELECT * FROM late FOR -- x\n UPDATE SKIP LOCKED', /FOR UPDATE locks rows/],
    ["SELECT * FROM late WHERE x = 'open", /begins with ' does not end/],
    ["SELECT * FROM late WHERE x = q'{open}", /q'\.\.\.' does not end/],
    ['SELECT * FROM late /* open', /a comment does not end/],
    ['SELECT * FROM late WHERE x = :1', /:1 is no name/],
    ['SELECT * FROM late WHERE x = :nowhere', /uses :nowhere, which nobody gives/],
  ])('%j is refused before connecting', async (sql, message) => {
    const oracle = await database();
    const finished = await withQuery(oracle, sql).scan();
    expect(finished.code).toBe(78);
    expect(failureOf(finished)).toMatchObject({
      code: expect.stringMatching(/^ERR_RC_ORACLE_(QUERY|BIND)$/),
      message: expect.stringMatching(message),
      hint: expect.stringContaining('rc-notify config check'),
    });
    expect(oracle.logons).toBe(0);
  });

  it.each([
    ["SELECT 'it''s; DELETE' FROM late -- ;", "SELECT 'it''s; DELETE' FROM late -- ;"],
    [
      "WITH a AS (SELECT q'<;>' FROM dual) /* ; */ SELECT * FROM a;",
      "WITH a AS (SELECT q'<;>' FROM dual) /* ; */ SELECT * FROM a",
    ],
    [
      '(SELECT /*+ FULL(l) */ 1 FROM l) UNION ALL (SELECT ";" FROM l); -- done',
      '(SELECT /*+ FULL(l) */ 1 FROM l) UNION ALL (SELECT ";" FROM l)',
    ],
  ])('%j is run, without the semicolon at its end', async (sql, ran) => {
    const oracle = await database();
    const finished = await withQuery(oracle, sql).scan();
    expect(finished.code, finished.stderr).toBe(0);
    expect(oracle.statements.at(-1)?.sql).toBe(ran);
  });

  it('without a needed column is refused before it is executed, naming the columns found', async () => {
    const oracle = await database({ answer: tableOf(COLUMNS.slice(0, 2), []) });
    const finished = await withQuery(oracle, 'SELECT * FROM late').scan();
    expect(finished.code).toBe(65);
    expect(failureOf(finished)?.message).toMatch(
      /lacks NOCS_NAME, .*has the columns "COMMAND_ID", "METER_NUMBER"/,
    );
    expect(oracle.statements.map(({ sql }) => sql)).not.toContain('SELECT * FROM late');
  });
});

it.each(['a full descriptor', 'a name of tnsnames.ora'])('%s is an address as well', async (kind) => {
  const oracle = await database();
  const descriptor = `(DESCRIPTION = (ADDRESS = (PROTOCOL = TCP)(HOST = 127.0.0.1)(PORT = ${oracle.port}))
  (CONNECT_DATA = (SERVICE_NAME = STANDIN)))`;
  const isName = kind.startsWith('a name');
  const work = workplace(oracle, {
    oracle: { connectString: isName ? 'C2MPRD' : descriptor, configDir: '.' },
  });
  writeFileSync(join(work.directory, 'tnsnames.ora'), `C2MPRD = ${descriptor}\n`);
  const finished = await work.scan();
  expect(finished.code, finished.stderr).toBe(0);
  const described = isName ? 'Oracle C2MPRD' : `Oracle 127.0.0.1:${oracle.port}/STANDIN`;
  expect(JSON.stringify(scanJson(finished).scan)).toContain(described);
});
