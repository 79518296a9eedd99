import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configWith } from '../src/scan/testing.ts';
import { openSource } from '../src/source/open.ts';
import type { Finished } from './harness/command.ts';
import { scanJson, Workplace } from './harness/workplace.ts';
import {
  type Column,
  type Fault,
  type OracleOptions,
  type OracleStandIn,
  type Row,
  startOracle,
} from './standins/oracle/index.ts';
import { tableOf } from './support/oracle-table.ts';

const PASSWORD = 'correct horse';

const COLUMNS: readonly Column[] = [
  { name: 'COMMAND_ID', type: 'CHAR', size: 20 },
  { name: 'METER_NUMBER', type: 'VARCHAR2', size: 30 },
  { name: 'NOCS_NAME', type: 'VARCHAR2', size: 80 },
  { name: 'CUSTOMER_ID', type: 'VARCHAR2', size: 30 },
  { name: 'BALANCE', type: 'NUMBER' },
  { name: 'TRIGGERED_AT', type: 'VARCHAR2', size: 30 },
  { name: 'ELAPSED_SECONDS', type: 'NUMBER' },
];

const late = (meter: number): Row => [`C${meter}`, String(meter), 'NOCS-1', '77', '-0.05', null, 5400];
const lateRows = (count: number) => Array.from({ length: count }, (_, index) => late(10_000_001 + index));

/** A database that must have no session left when the test is over. */
async function database(options: Partial<OracleOptions> = {}): Promise<OracleStandIn> {
  const answer = tableOf(COLUMNS, lateRows(1));
  const oracle = await startOracle({ answer, password: PASSWORD, ...options });
  onTestFinished(async () => {
    const { openSessions } = oracle;
    await oracle.close();
    expect(openSessions).toBe(0);
  });
  return oracle;
}

interface Settings {
  readonly oracle?: Readonly<Record<string, unknown>>;
  readonly source?: Readonly<Record<string, unknown>>;
  readonly password?: string;
}

function workplace(
  { connectString, user }: Pick<OracleStandIn, 'connectString' | 'user'>,
  settings: Settings = {},
): Workplace {
  const oracle = { connectString, user, passwordFile: 'password', ...settings.oracle };
  const work = new Workplace({
    channel: 'terminal',
    source: { type: 'oracle', timezone: 'UTC', oracle, ...settings.source },
    pace: { minGap: '0s', maxGap: '0s', perGroupGap: '0s', digestAbove: 1000 },
  });
  writeFileSync(join(work.directory, 'password'), `${settings.password ?? PASSWORD}\n`, { mode: 0o640 });
  return work;
}

function withQuery(oracle: OracleStandIn, sql: string, settings: Settings = {}): Workplace {
  const work = workplace(oracle, { ...settings, oracle: { query: 'own.sql', ...settings.oracle } });
  writeFileSync(join(work.directory, 'own.sql'), sql);
  return work;
}

function failureOf(finished: Finished): { code: string; message: string; hint: string } | undefined {
  expect(finished.stdout + finished.stderr).not.toContain(PASSWORD);
  return scanJson(finished).errors[0];
}

it('late commands are told by the built-in query, whose binds are the configuration', async () => {
  const oracle = await database();
  const work = workplace(oracle, { oracle: { lookback: '10d', parameters: { agreement_type: 'PRE' } } });
  const finished = await work.scan();
  expect(finished.code, finished.stderr).toBe(0);
  expect(work.rows()).toMatchObject([
    { command_id: 'C10000001', meter_number: '10000001', balance: '-0.05', send_status: 'sent' },
  ]);
  expect(oracle.statements[0]?.sql).toBe('SET TRANSACTION READ ONLY');
  expect(oracle.statements.at(-1)?.binds).toEqual({
    lookback_minutes: 14_400,
    business_object: 'D1-RemoteConnect',
    status_in_progress: 'COMINPROG',
    device_object: 'D1-DEVICE',
    meter_number_type: 'D1SN',
    customer_id_characteristic: 'CM_LEGCY',
    nocs_characteristic: 'CM_NOCS',
    agreement_type: 'PRE',
    agreement_status: '20',
    language: 'ENG',
  });
});

describe.each(['UTC', 'Asia/Dhaka', 'America/New_York'])('with TZ=%s', (TZ) => {
  it('each type is read as what it is, whatever zone the process has', async () => {
    const types = [
      'DATE',
      'TIMESTAMP',
      'TIMESTAMP WITH TIME ZONE',
      'TIMESTAMP WITH LOCAL TIME ZONE',
    ] as const;
    const written = [
      ['2009-06-19 23:30:00', '2009-06-19T23:30:00.000Z'],
      ['2026-03-08 02:30:00.123', '2026-03-08T02:30:00.123Z'],
      ['2026-03-08 02:30:00+06:00', '2026-03-07T20:30:00.000Z'],
      ['2026-03-08 02:30:00Z', '2026-03-08T02:30:00.000Z'],
    ] as const;
    for (const [index, type] of types.entries()) {
      const [given, instant] = written[index] ?? ['', ''];
      const columns: Column[] = [
        { name: 'ID', type: 'CHAR', size: 20 },
        { name: 'METER_NUMBER', type: 'CHAR', size: 20 },
        { name: 'NOCS_NAME', type: 'VARCHAR2', size: 80 },
        { name: 'BALANCE', type: 'NUMBER' },
        { name: 'TRIGGERED_AT', type },
        { name: 'ELAPSED_SECONDS', type: 'NUMBER' },
      ];
      const rows: Row[] = [
        ['C1', '0012', 'ঢাকা বিদ্যুৎ', '12345678901234567.89', given, 5400],
        ['C2', '0013', null, null, null, '5400.5'],
      ];
      const oracle = await database({ answer: tableOf(columns, rows) });
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
          triggered_at: instant,
        },
        { command_id: 'C2', meter_number: '0013', nocs_name: null, balance: null, triggered_at: null },
      ]);
    }
  });
});

describe('an own query', () => {
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
    ['DELETE FROM late', 'ERR_RC_ORACLE_QUERY', /does not begin with SELECT or WITH/],
    ['SELECT 1 FROM a; SELECT 2 FROM b', 'ERR_RC_ORACLE_QUERY', /more than one statement/],
    ['SELECT * FROM late WHERE x = :nowhere', 'ERR_RC_ORACLE_BIND', /uses :nowhere, which nobody gives/],
  ])('%s is refused before connecting', async (sql, code, message) => {
    const oracle = await database();
    const finished = await withQuery(oracle, sql).scan();
    expect(finished.code).toBe(78);
    expect(failureOf(finished)).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(oracle.logons).toBe(0);
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

interface Failure {
  readonly fault: Fault;
  readonly code: string;
  readonly exitCode: number;
  readonly says: RegExp;
}

const error = (code: number, message: string, offset?: number) => ({
  code,
  message: `ORA-${String(code).padStart(5, '0')}: ${message}`,
  ...(offset === undefined ? {} : { offset }),
});

const FAILURES: Record<string, Failure> = {
  'an account that is locked': {
    fault: { at: 'logon', do: 'error', error: error(28000, 'The account is locked.') },
    code: 'LOCKED',
    exitCode: 77,
    says: /ACCOUNT UNLOCK/,
  },
  'a password that has expired': {
    fault: { at: 'logon', do: 'error', error: error(28001, 'the password has expired') },
    code: 'EXPIRED',
    exitCode: 77,
    says: /has expired/,
  },
  'a table that may not be read': {
    fault: { at: 'execute', do: 'error', error: error(942, 'table or view does not exist', 14) },
    code: 'PRIVILEGE',
    exitCode: 77,
    says: /GRANT SELECT ON LATE TO reader/i,
  },
  'wrong SQL': {
    fault: { at: 'execute', do: 'error', error: error(904, '"FOO": invalid identifier', 7) },
    code: 'QUERY',
    exitCode: 78,
    says: /line 1, column 8.*ORA-00904: "FOO": invalid identifier/,
  },
  'a snapshot too old': {
    fault: { at: 'fetch', do: 'error', error: error(1555, 'snapshot too old') },
    code: 'SNAPSHOT',
    exitCode: 69,
    says: /UNDO_RETENTION/,
  },
  'native network encryption': {
    fault: { at: 'connect', do: 'refuse', error: error(12660, 'Encryption or crypto-checksumming') },
    code: 'ENCRYPTION',
    exitCode: 69,
    says: /TCPS/,
  },
  'a listener that takes no sessions': {
    fault: { at: 'connect', do: 'refuse', error: error(12520, 'no handler') },
    code: 'NOT_OPEN',
    exitCode: 69,
    says: /takes no new sessions/,
  },
  'a connection cut at the logon': {
    fault: { at: 'logon', do: 'cut' },
    code: 'LOST',
    exitCode: 69,
    says: /was lost/,
  },
  'a connection that is always cut': {
    fault: { at: 'execute', do: 'cut' },
    code: 'LOST',
    exitCode: 69,
    says: /was lost/,
  },
  'a query that runs too long': {
    fault: { at: 'execute', do: 'busy' },
    code: 'READ_TIMEOUT',
    exitCode: 69,
    says: /callTimeout/,
  },
};

describe('is told in the operator’s words:', () => {
  it.each(Object.entries(FAILURES))('%s', async (_name, { fault, code, exitCode, says }) => {
    const oracle = await database({ faults: [fault] });
    const work = withQuery(oracle, 'SELECT * FROM late', { oracle: { callTimeout: '500ms' } });
    const finished = await work.scan();
    const failure = failureOf(finished);
    expect(failure?.code).toBe(`ERR_RC_ORACLE_${code}`);
    expect(`${failure?.message} ${failure?.hint}`).toMatch(says);
    expect(finished.code).toBe(exitCode);
  });

  it('wrong SQL that the server finds before it runs anything', async () => {
    const oracle = await database({ answer: () => ({ error: error(936, 'missing expression', 14) }) });
    const finished = await withQuery(oracle, 'SELECT *\nFROM  WHERE 1 = 1').scan();
    expect(finished.code).toBe(78);
    expect(failureOf(finished)?.message).toMatch(
      /own\.sql, line 2, column 6.*: ORA-00936: missing expression/,
    );
  });

  it('a wrong password, which is tried once', async () => {
    const oracle = await database();
    const finished = await workplace(oracle, { password: 'Hunter2!' }).scan();
    expect(finished.code).toBe(77);
    expect(failureOf(finished)?.message).toMatch(/refuses user reader: wrong user or password/);
    expect(finished.stdout + finished.stderr).not.toContain('Hunter2!');
    expect(oracle.failedLogons).toBe(1);
  });

  it('a service the listener does not know, and a host and a port nobody has', async () => {
    const { connectString, user } = await database();
    for (const [address, code] of [
      [`${connectString}X`, 'SERVICE'],
      ['no-such-host.invalid:1521/C2MPRD', 'HOST'],
      [`127.0.0.1:1/C2MPRD`, 'REFUSED'],
    ] as const) {
      const finished = await workplace({ connectString: address, user }).scan();
      expect(failureOf(finished)?.code).toBe(`ERR_RC_ORACLE_${code}`);
      expect(finished.code).toBe(69);
    }
  });

  it('a password that expires soon, while the scan goes on', async () => {
    const oracle = await database({
      logonWarning: error(28002, 'the password will expire within 5 days'),
    });
    const finished = await workplace(oracle).scan();
    expect(finished.code).toBe(0);
    expect(finished.stderr).toMatch(/password of reader .* expires in 5 days/);
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

describe('never hangs, never loses:', () => {
  it.each(['connect', 'logon', 'execute', 'fetch', 'close'] as const)(
    'a server that falls silent at %s',
    async (at) => {
      const oracle = await database({ faults: [{ at, do: 'hang' }] });
      const limits = { connectTimeout: '400ms', callTimeout: '400ms' };
      const finished = await workplace(oracle, { oracle: limits }).scan();
      expect(finished.code).toBe(at === 'close' ? 0 : 69);
      await expect.poll(() => oracle.openConnections).toBe(0);
    },
  );

  it('a connection lost among the rows: what was read is told, nothing is cleared', async () => {
    const answers = [lateRows(1), lateRows(2500).slice(1)];
    let asked = 0;
    const oracle = await database({
      answer: (sql) => tableOf(COLUMNS, answers[Math.floor(asked++ / 2)] ?? [])(sql),
      faults: [{ at: 'fetch', do: 'cut', afterRows: 1500 }],
    });
    const work = workplace(oracle);
    expect((await work.scan()).code).toBe(0);
    const finished = await work.scan();
    expect(failureOf(finished)?.code).toBe('ERR_RC_ORACLE_LOST');
    expect(finished.code).toBe(69);
    const rows = work.rows();
    expect(rows).toHaveLength(1001);
    expect(rows[0]).toMatchObject({ meter_number: '10000001', cleared_at: null });
    expect(oracle.logons).toBe(2);
  });

  it('a connection dropped before the first row is made once more', async () => {
    const oracle = await database({ faults: [{ at: 'execute', do: 'cut', times: 1 }] });
    expect((await workplace(oracle).scan()).code).toBe(0);
    expect(oracle.logons).toBe(2);
  });

  it('a stop signal while the database is silent', async () => {
    const oracle = await database({ faults: [{ at: 'fetch', do: 'hang' }] });
    const running = workplace(oracle).start(['scan', '--json']);
    await expect.poll(() => oracle.statements.length).toBeGreaterThan(2);
    running.process.kill('SIGTERM');
    expect((await running.finished).code).toBeGreaterThan(0);
  });
});

it('how commands ended is asked by id, a thousand at a time', async () => {
  const ids = Array.from({ length: 1005 }, (_, index) => `C${index}`);
  const columns: Column[] = [
    { name: 'COMMAND_ID', type: 'CHAR', size: 20 },
    { name: 'OUTCOME', type: 'VARCHAR2', size: 10 },
  ];
  const oracle = await database({
    answer: (_sql, binds) => ({
      columns,
      rows: Object.entries(binds)
        .filter(([name]) => /^id_/i.test(name))
        .filter(([, id], index, all) => all.findIndex(([, other]) => other === id) === index)
        .map(([, id]) => [id, id === 'C0' ? 'discarded' : id === 'C1' ? null : 'completed']),
    }),
  });
  const config = configWith();
  const { connectString, user, password } = oracle;
  const source = await openSource(
    {
      ...config,
      source: {
        ...config.source,
        type: 'oracle',
        oracle: { ...config.source.oracle, connectString, user },
      },
    },
    {
      io: { stdin: process.stdin, env: { RC_NOTIFY_ORACLE_PASSWORD: password } },
      log: { warn: (text) => expect.fail(text) },
    },
  );
  const outcomes = await source.outcomes?.(ids, new AbortController().signal);
  expect(outcomes?.size).toBe(1004);
  expect(outcomes?.get('C0')).toBe('discarded');
  expect(outcomes?.has('C1')).toBe(false);
  expect(outcomes?.get('C1004')).toBe('completed');
  const sizes = oracle.statements.map(
    ({ binds }) => Object.keys(binds).filter((name) => /^id_/i.test(name)).length,
  );
  expect(sizes).toEqual([0, 0, 1000, 10]);
});
