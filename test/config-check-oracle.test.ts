import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finished } from './harness/command.ts';
import { Workplace } from './harness/workplace.ts';
import type { Answer, Column, Fault, OracleOptions, OracleStandIn, Row } from './standins/oracle/index.ts';
import { database as databaseThat, ora, PASSWORD, readingFrom } from './support/oracle-scan.ts';
import { tableOf } from './support/oracle-table.ts';

const MINUTE = 60_000;
const SQL = 'SELECT * FROM late';
const IS_CLOCK = /SYSTIMESTAMP/;

const COLUMNS: readonly Column[] = [
  { name: 'COMMAND_ID', type: 'CHAR', size: 20 },
  { name: 'METER_NUMBER', type: 'VARCHAR2', size: 30 },
  { name: 'NOCS_NAME', type: 'VARCHAR2', size: 80 },
  { name: 'STARTED_BY', type: 'VARCHAR2', size: 80 },
  { name: 'TRIGGERED_AT', type: 'DATE' },
  { name: 'ELAPSED_SECONDS', type: 'NUMBER' },
];
const ROWS: readonly Row[] = [
  ['C1', '10000001', 'NOCS-1', 'X', '2026-03-01 21:00:00', 5400],
  ['C2', '10000002', 'NOCS-9', null, null, 60],
  ['C3', null, 'NOCS-9', null, null, 60],
];

interface There {
  readonly columns?: readonly Column[] | undefined;
  readonly rows?: Iterable<Row> | undefined;
  readonly aheadMs?: number | undefined;
  /** Hours that its wall clock is ahead of UTC. */
  readonly zone?: number | undefined;
}

/** A database with a table and a clock. */
function answers({ columns = COLUMNS, rows = ROWS, aheadMs = 0, zone = 6 }: There): (sql: string) => Answer {
  const table = tableOf(columns, rows);
  return (sql) => {
    if (!IS_CLOCK.test(sql)) return table(sql);
    const wall = new Date(Date.now() + aheadMs + zone * 60 * MINUTE).toISOString().slice(0, -1);
    const time = `${wall}${zone < 0 ? '-' : '+'}${String(Math.abs(zone)).padStart(2, '0')}:00`;
    return { columns: [{ name: 'TIME', type: 'VARCHAR2', size: 75 }], rows: [[time]] };
  };
}

function database({ columns, rows, aheadMs, zone, ...options }: Partial<OracleOptions> & There = {}) {
  return databaseThat({ answer: answers({ columns, rows, aheadMs, zone }), ...options });
}

function workplace(oracle: OracleStandIn, settings: Record<string, unknown> = {}, password = PASSWORD) {
  const work = new Workplace({
    ...readingFrom(oracle, {
      oracle: { query: 'own.sql', ...settings },
      source: { timezone: 'Asia/Dhaka' },
    }),
    groups: { byNocs: { 'NOCS-1': '120363000000000001@g.us' } },
  });
  writeFileSync(join(work.directory, 'password'), `${password}\n`, { mode: 0o640 });
  writeFileSync(join(work.directory, 'own.sql'), SQL);
  return work;
}

const check = (work: Workplace, TZ = 'UTC') => work.run(['config', 'check'], { env: { TZ } });

interface Checked {
  readonly database: Readonly<Record<string, unknown>> & {
    readonly clock: { readonly time: string; readonly aheadMs: number; readonly roundTripMs: number };
    readonly firstRowMs: number;
    readonly wholeRead: { readonly ms: number; readonly rows: number };
  };
  readonly warnings: readonly string[];
  readonly errors: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
  readonly exitCode: number;
}

async function checkJson(work: Workplace): Promise<Checked & { finished: Finished }> {
  const finished = await work.run(['config', 'check', '--json']);
  expect(finished.stdout + finished.stderr).not.toContain(PASSWORD);
  const answer = JSON.parse(finished.stdout) as Checked;
  expect(answer.exitCode).toBe(finished.code);
  return { ...answer, finished };
}

/** Without what differs from run to run. */
function steady(stdout: string): string {
  return stdout
    .slice(stdout.indexOf('Source:'))
    .replace(/127\.0\.0\.1:\d+/, 'HOST')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, 'TIME')
    .replace(/\b\d+(?:\.\d)? m?s\b/g, 'SPAN')
    .replace(/SPAN (?:ahead of|behind)/, 'SPAN BESIDE');
}

it.each([
  ['19c', '19.3.0.0.0'],
  ['23ai', '23.5.0.0.0'],
] as const)('what a %s database says of itself is shown, in 80 columns', async (release, version) => {
  const finished = await check(workplace(await database({ release })));
  expect(finished.code, finished.stderr).toBe(0);
  expect(finished.stderr).toBe('');
  expect(steady(finished.stdout)).toBe(`Source:   Oracle HOST/STANDIN
Server:   Oracle Database ${version}, logged in after SPAN
Clock:    TIME +06:00, SPAN BESIDE this host's (±SPAN)
Columns:  COMMAND_ID CHAR, METER_NUMBER VARCHAR2, NOCS_NAME VARCHAR2, STARTED_BY
          VARCHAR2, TRIGGERED_AT DATE, ELAPSED_SECONDS NUMBER
Cost:     SPAN to the first row
Rows:     3, after SPAN; source.oracle.callTimeout allows 2m
          2 RC commands in progress, 1 unusable row

NOCS    Commands  Group                    Remark
NOCS-1  1         120363000000000001@g.us
NOCS-9  1         -                        NO GROUP: waits
`);
  const lines = finished.stdout.split('\n').filter((line) => !line.startsWith('File:'));
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

it('one session and one run of the query serve the whole check', async () => {
  const oracle = await database();
  expect((await check(workplace(oracle))).code).toBe(0);
  expect(oracle.logons).toBe(1);
  expect(oracle.statements.map(({ sql }) => sql)).toEqual([
    'SET TRANSACTION READ ONLY',
    expect.stringMatching(/^ALTER SESSION SET NLS_NUMERIC_CHARACTERS/),
    expect.stringMatching(IS_CLOCK),
    expect.stringContaining(SQL),
  ]);
});

it('--json has the same, beside what it had before', async () => {
  const { finished, ...answer } = await checkJson(workplace(await database()));
  expect(finished.code, finished.stdout).toBe(0);
  expect(answer).toMatchObject({
    ok: true,
    source: expect.stringContaining('/STANDIN'),
    database: {
      server: { version: '19.3.0.0.0', connectMs: expect.any(Number) },
      clock: { time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+06:00$/) },
      columns: COLUMNS.map(({ name, type }) => ({ name, type })),
      firstRowMs: expect.any(Number),
      wholeRead: { rows: 3, ms: expect.any(Number) },
    },
    commands: 2,
    invalid: 1,
    warnings: [],
    errors: [],
  });
  expect(Math.abs(answer.database.clock.aheadMs)).toBeLessThan(MINUTE);
});

it('a file has no database', async () => {
  const work = new Workplace({ channel: 'terminal' });
  work.late([{ meter: '1' }]);
  const answer = await checkJson(work);
  expect(answer).toMatchObject({ database: null, commands: 1, exitCode: 0 });
});

it('no row: the columns and the cost are told all the same', async () => {
  const work = workplace(await database({ rows: [] }));
  const finished = await check(work);
  expect(finished.code, finished.stderr).toBe(0);
  expect(finished.stdout).toContain('\nColumns:  COMMAND_ID CHAR');
  expect(finished.stdout).toMatch(/\nRows: {5}0, after /);
  expect(finished.stdout).not.toContain('first row');
  const answer = await checkJson(work);
  expect(answer.database).toMatchObject({ firstRowMs: null, wholeRead: { rows: 0 } });
});

describe('the clock of the database', () => {
  it.each([
    [5.5 * MINUTE, /5 min \d+ s ahead of this host's/],
    [-(26 * 60 + 30) * MINUTE, /1 d 2 h behind this host's/],
  ])('%i ms from this one is shown, and warned of', async (aheadMs, told) => {
    const work = workplace(await database({ aheadMs }));
    const finished = await check(work);
    expect(finished.code, finished.stderr).toBe(0);
    expect(finished.stdout).toMatch(told);
    expect(finished.stderr).toMatch(told);
    expect(finished.stderr).toContain('no meter is late or early by it');
    const answer = await checkJson(work);
    expect(Math.sign(answer.database.clock.aheadMs)).toBe(Math.sign(aheadMs));
    expect(Math.abs(answer.database.clock.aheadMs - aheadMs)).toBeLessThan(20_000);
    expect(answer.warnings).toEqual([expect.stringMatching(told)]);
  });

  it.each(['UTC', 'Asia/Dhaka', 'America/New_York'])('is the same instant with TZ=%s', async (TZ) => {
    const finished = await check(workplace(await database()), TZ);
    expect(finished.code, finished.stderr).toBe(0);
    expect(finished.stderr).toBe('');
    expect(finished.stdout).toMatch(/ \+06:00, \d+(?:\.\d)? m?s (?:ahead of|behind) this host's/);
  });

  it('matters for the ages where the query yields no ELAPSED_SECONDS', async () => {
    const columns = COLUMNS.slice(0, -1);
    const rows = ROWS.map((row) => row.slice(0, -1));
    const answer = await checkJson(workplace(await database({ columns, rows, aheadMs: 5 * MINUTE })));
    expect(answer.warnings).toEqual([expect.stringContaining('meters are late or early by it')]);
  });

  it('is compared in the middle of a slow round trip', async () => {
    const faults: Fault[] = [{ at: 'execute', do: 'slow', delayMs: 1000, sql: IS_CLOCK }];
    const { clock } = (await checkJson(workplace(await database({ faults })))).database;
    expect(clock.roundTripMs).toBeGreaterThanOrEqual(990);
    // The stand-in looks at its clock at the end of the delay, which is half of it after the middle.
    expect(clock.aheadMs).toBeGreaterThan(300);
    expect(clock.aheadMs).toBeLessThanOrEqual(clock.roundTripMs / 2);
  });

  it('in another zone than the configured one is warned of, though it is right', async () => {
    const answer = await checkJson(workplace(await database({ zone: 0 })));
    expect(answer.warnings).toEqual([
      expect.stringMatching(/is 6 h 0 min behind that of source\.timezone \(Asia\/Dhaka\)/),
    ]);
  });
});

it('a slow query: what it costs is plain, before it becomes too slow', async () => {
  const faults: Fault[] = [{ at: 'execute', do: 'slow', delayMs: 3100, sql: /late/ }];
  const work = workplace(await database({ faults }), { callTimeout: '6s' });
  const finished = await check(work);
  expect(finished.code, finished.stderr).toBe(0);
  expect(finished.stdout).toMatch(
    /\nCost: {5}[345]\.\d s to the first row\nRows: {5}3, after [345]\.\d s; .* 6s\n/,
  );
  expect(finished.stderr).toMatch(
    /The read took [345]\.\d s of the 6s that source\.oracle\.callTimeout allows/,
  );
});

it('a query that is too slow: what was found before is shown, then the failure', async () => {
  const faults: Fault[] = [{ at: 'execute', do: 'busy', sql: /late/ }];
  const work = workplace(await database({ faults }), { callTimeout: '500ms' });
  const finished = await check(work);
  expect(finished.code).toBe(69);
  expect(finished.stdout).toMatch(/\nServer: .*\nClock: [\s\S]*\nColumns: [\s\S]*ELAPSED_SECONDS NUMBER\n$/);
  expect(finished.stderr).toMatch(/longer than source\.oracle\.callTimeout[\s\S]*raise callTimeout/);
  expect(await checkJson(work)).toMatchObject({
    database: { server: { version: '19.3.0.0.0' }, firstRowMs: null, wholeRead: null },
    errors: [{ code: 'ERR_RC_ORACLE_READ_TIMEOUT' }],
  });
});

it('a password that expires soon is warned of', async () => {
  const logonWarning = ora(28002, 'the password will expire within 5 days');
  const work = workplace(await database({ logonWarning }));
  expect((await check(work)).stderr).toMatch(/password of reader .* expires in 5 days/);
  expect((await checkJson(work)).warnings).toEqual([expect.stringMatching(/expires in 5 days/)]);
});

describe('a failure is told in the operator’s words, with the next step:', () => {
  it('a needed column that is not there, naming those that are', async () => {
    const work = workplace(await database({ columns: COLUMNS.slice(0, 2), rows: [] }));
    const finished = await check(work);
    expect(finished.code).toBe(65);
    expect(finished.stdout).toContain('\nColumns:  COMMAND_ID CHAR, METER_NUMBER VARCHAR2\n');
    expect(finished.stderr).toMatch(/lacks NOCS_NAME, .*has the columns "COMMAND_ID", "METER_NUMBER"/);
    expect(finished.stderr).toContain('source.columns');
  });

  it('a wrong password, which is tried once', async () => {
    const oracle = await database();
    const finished = await check(workplace(oracle, {}, 'Hunter2!'));
    expect(finished.code).toBe(77);
    expect(finished.stderr).toMatch(/refuses user reader[\s\S]*then run: rc-notify config check/);
    expect(finished.stdout + finished.stderr).not.toContain('Hunter2!');
    expect(oracle.failedLogons).toBe(1);
  });

  it('a table that may not be read', async () => {
    const error = ora(942, 'table or view does not exist', 14);
    const answer = (sql: string) => (IS_CLOCK.test(sql) ? answers({})(sql) : { error });
    const finished = await check(workplace(await database({ answer })));
    expect(finished.code).toBe(77);
    expect(finished.stdout).toContain('\nServer: ');
    expect(finished.stderr).toMatch(/GRANT SELECT ON late TO reader; then run: rc-notify config check/);
  });

  it.each<[string, Fault, number, RegExp]>([
    ['LOCKED', { at: 'logon', do: 'error', error: ora(28000, 'locked') }, 77, /UNLOCK/],
    ['ENCRYPTION', { at: 'connect', do: 'refuse', error: ora(12660, 'Encryption') }, 69, /TCPS/],
    ['LOST', { at: 'execute', do: 'cut', times: 1 }, 69, /was lost/],
    ['LOST', { at: 'fetch', do: 'cut', sql: /late/, afterRows: 2 }, 69, /was lost/],
  ])('ERR_RC_ORACLE_%s %o', async (code, fault, exitCode, says) => {
    const oracle = await database({ faults: [fault] });
    const { errors, finished } = await checkJson(workplace(oracle));
    expect(errors).toMatchObject([{ code: `ERR_RC_ORACLE_${code}` }]);
    expect(`${errors[0]?.message} ${errors[0]?.hint}`).toMatch(says);
    expect(finished.code).toBe(exitCode);
    expect(oracle.logons).toBeLessThanOrEqual(1);
  });
});

// A session that does not answer is given 5 s to close.
it.each<[string, Fault]>([
  ['connect', { at: 'connect', do: 'hang' }],
  ['logon', { at: 'logon', do: 'hang' }],
  ['the question for its time', { at: 'execute', do: 'hang', sql: IS_CLOCK }],
  ['the answer with its time', { at: 'fetch', do: 'hang', sql: IS_CLOCK }],
  ['the query', { at: 'execute', do: 'hang', sql: /late/ }],
  ['the rows', { at: 'fetch', do: 'hang', sql: /late/, afterRows: 1 }],
  ['close', { at: 'close', do: 'hang' }],
])(
  'a server that falls silent at %s keeps nobody waiting',
  async (at, fault) => {
    const oracle = await database({ faults: [fault] });
    const finished = await check(workplace(oracle, { connectTimeout: '500ms', callTimeout: '500ms' }));
    expect(finished.code, finished.stderr).toBe(at === 'close' ? 0 : 69);
    if (at !== 'close') expect(finished.stderr).toMatch(/connectTimeout|callTimeout/);
    await expect.poll(() => oracle.openConnections).toBe(0);
  },
  15_000,
);
