import { setTimeout as later } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { OracleConfig } from '../src/config/config.ts';
import { configWith } from '../src/scan/testing.ts';
import { openSource } from '../src/source/open.ts';
import { Session } from '../src/source/oracle/session.ts';
import type { Fault, OracleStandIn } from './standins/oracle/index.ts';
import {
  COLUMNS,
  database,
  failureOf,
  lateRows,
  ora,
  PASSWORD,
  readingFrom,
  SERVER,
  WALLET,
  withQuery,
  workplace,
} from './support/oracle-scan.ts';
import { tableOf } from './support/oracle-table.ts';

const QUERY = 'SELECT * FROM late';
/** Short where the database is silent, but not for the steps before, which a busy machine may take long for. */
const limits = ({ at, do: what }: Fault) => {
  if (at === 'connect' || at === 'logon') return what === 'hang' ? { connectTimeout: '400ms' } : {};
  return ['hang', 'busy', 'slow'].includes(what) ? { callTimeout: '1s' } : {};
};

interface Failure {
  readonly fault: Fault;
  readonly code: string;
  readonly exitCode: number;
  readonly says: RegExp;
}

const failure = (fault: Fault, exitCode: number, code: string, says: RegExp): Failure => ({
  fault,
  code: `ERR_RC_ORACLE_${code}`,
  exitCode,
  says,
});

const FAILURES: Readonly<Record<string, Failure>> = {
  'a listener that takes no sessions': failure(
    { at: 'connect', do: 'refuse' },
    69,
    'NOT_OPEN',
    /no new sessions/,
  ),
  'native network encryption, refused at once': failure(
    { at: 'connect', do: 'refuse', error: ora(12660, 'Encryption or crypto-checksumming') },
    69,
    'ENCRYPTION',
    /TCPS listener.*SQLNET\.ENCRYPTION_SERVER/,
  ),
  'native network encryption, required in the negotiation': failure(
    { at: 'connect', do: 'error', error: ora(12660, 'Encryption or crypto-checksumming') },
    69,
    'ENCRYPTION',
    /TCPS listener.*SQLNET\.ENCRYPTION_SERVER/,
  ),
  'silence at the connection': failure(
    { at: 'connect', do: 'hang' },
    69,
    'CONNECT_TIMEOUT',
    /connectTimeout/,
  ),
  'a connection cut before it is accepted': failure(
    { at: 'connect', do: 'cut' },
    69,
    'LOST',
    /closed the connection.*tcps:/,
  ),
  'silence at the logon': failure({ at: 'logon', do: 'hang' }, 69, 'CONNECT_TIMEOUT', /connectTimeout/),
  'a connection cut at the logon': failure(
    { at: 'logon', do: 'cut' },
    69,
    'LOST',
    /closed the connection.*tcps:/,
  ),
  'an account that is locked': failure(
    { at: 'logon', do: 'error', error: ora(28000, 'The account is locked.') },
    77,
    'LOCKED',
    /ALTER USER reader ACCOUNT UNLOCK/,
  ),
  'a password that has expired': failure(
    { at: 'logon', do: 'error', error: ora(28001, 'the password has expired') },
    77,
    'EXPIRED',
    /has expired.*Ask the DBA for a new one/,
  ),
  'an account that may not log in': failure(
    {
      at: 'logon',
      do: 'error',
      error: ora(1045, 'user READER lacks CREATE SESSION privilege; logon denied'),
    },
    77,
    'PRIVILEGE',
    /GRANT CREATE SESSION TO reader/,
  ),
  'a table that may not be read': failure(
    { at: 'execute', do: 'error', error: ora(942, 'table or view does not exist', 14) },
    77,
    'PRIVILEGE',
    /GRANT SELECT ON LATE TO reader/i,
  ),
  'a missing privilege': failure(
    { at: 'execute', do: 'error', error: ora(1031, 'insufficient privileges') },
    77,
    'PRIVILEGE',
    /GRANT SELECT ON each table of the query TO reader/,
  ),
  'wrong SQL': failure(
    { at: 'execute', do: 'error', error: ora(904, '"FOO": invalid identifier', 7) },
    78,
    'QUERY',
    /own\.sql, line 1, column 8.*ORA-00904: "FOO": invalid identifier/,
  ),
  'silence at the query': failure({ at: 'execute', do: 'hang' }, 69, 'READ_TIMEOUT', /callTimeout/),
  'a query that runs too long': failure({ at: 'execute', do: 'busy' }, 69, 'READ_TIMEOUT', /callTimeout/),
  'a connection that is always cut': failure({ at: 'execute', do: 'cut' }, 69, 'LOST', /was lost/),
  'silence between batches': failure(
    { at: 'fetch', do: 'hang', afterRows: 1500 },
    69,
    'READ_TIMEOUT',
    /callTimeout/,
  ),
  'rows that come too slowly': failure(
    { at: 'fetch', do: 'slow', delayMs: 20_000, afterRows: 1500 },
    69,
    'READ_TIMEOUT',
    /callTimeout/,
  ),
  'a connection cut among the rows': failure(
    { at: 'fetch', do: 'cut', afterRows: 1500 },
    69,
    'LOST',
    /was lost/,
  ),
  'a snapshot too old': failure(
    { at: 'fetch', do: 'error', error: ora(1555, 'snapshot too old'), afterRows: 1500 },
    69,
    'SNAPSHOT',
    /UNDO_RETENTION/,
  ),
  'a session that is ended among the rows': failure(
    { at: 'fetch', do: 'error', error: ora(28, 'your session has been killed'), afterRows: 1500 },
    69,
    'LOST',
    /was lost \(ORA-00028\)/,
  ),
  'a database that shuts down among the rows': failure(
    { at: 'fetch', do: 'error', error: ora(1089, 'immediate shutdown in progress'), afterRows: 1500 },
    69,
    'NOT_OPEN',
    /no new sessions now: ORA-01089/,
  ),
  'a database that shuts down at the logon': failure(
    { at: 'logon', do: 'error', error: ora(1089, 'immediate shutdown in progress') },
    69,
    'NOT_OPEN',
    /no new sessions now: ORA-01089/,
  ),
  'a logon that a trigger refuses': failure(
    {
      at: 'logon',
      do: 'error',
      error: ora(
        604,
        'error occurred at recursive SQL level 1\nORA-20001: not from here\nORA-06512: at line 3',
      ),
    },
    69,
    'FAILED',
    /failed: ORA-20001: not from here;/,
  ),
  'a logon with a password the server can not read': failure(
    { at: 'logon', do: 'error', error: ora(988, 'missing or invalid password(s)') },
    69,
    'FAILED',
    /failed: ORA-00988: missing/,
  ),
};

/** Reads to the end by a source in this process. */
async function readHere(
  { connectString, user }: Pick<OracleStandIn, 'connectString' | 'user'>,
  settings: Partial<OracleConfig>,
): Promise<void> {
  const config = configWith();
  const oracle = { ...config.source.oracle, connectString, user, ...settings };
  const source = await openSource(
    { ...config, source: { ...config.source, type: 'oracle', oracle } },
    {
      io: { stdin: process.stdin, env: { RC_NOTIFY_ORACLE_PASSWORD: PASSWORD } },
      log: { warn: (text) => expect.fail(text) },
    },
  );
  for await (const _batch of source.read(new AbortController().signal));
}

/** What is thrown where nobody can catch it when the driver's connections are collected as garbage. */
async function thrownByGarbage(): Promise<unknown[]> {
  const thrown: unknown[] = [];
  const note = (error: unknown) => thrown.push(error);
  process.on('uncaughtException', note);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 5; round += 1) {
    collect();
    await later(20);
  }
  process.off('uncaughtException', note);
  return thrown;
}

/** Two commands, one told and one waiting, then a read without them that fails. */
async function readThatFails({ fault }: Failure) {
  const before = await database({ answer: tableOf(COLUMNS, lateRows(2)) });
  const work = withQuery(before, QUERY, { pace: { perScan: 1 } });
  expect((await work.scan()).code).toBe(0);
  const rows = work.rows();
  expect(rows.map((row) => row.send_status)).toEqual(['sent', 'pending']);

  // Young ones, so that what is read before the failure changes nothing by itself.
  const others = lateRows(2500)
    .slice(2)
    .map((row) => [...row.slice(0, -1), 60]);
  const oracle = await database({ answer: tableOf(COLUMNS, others), faults: [fault] });
  work.configure(readingFrom(oracle, { oracle: { query: 'own.sql', ...limits(fault) } }));
  return { work, rows, finished: await work.scan() };
}

describe('is told in the operator’s words, and nothing is cleared or cancelled:', () => {
  it.each(Object.entries(FAILURES))('%s', async (_name, expected) => {
    const { work, rows, finished } = await readThatFails(expected);
    const told = failureOf(finished);
    expect(told?.code).toBe(expected.code);
    expect(`${told?.message} ${told?.hint}`).toMatch(expected.says);
    expect(told?.hint).toMatch(/config check|next scan|DBA/);
    expect(finished.code).toBe(expected.exitCode);
    expect(work.rows()).toEqual(rows);
  });

  it('wrong SQL that the server finds before it runs anything', async () => {
    const oracle = await database({ answer: () => ({ error: ora(936, 'missing expression', 14) }) });
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

  it('a service or SID the listener does not know, a host and a port nobody has, a name that is not there', async () => {
    const { connectString, port, user } = await database();
    const address = `(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=${port}))`;
    for (const [given, code, exitCode] of [
      [`${connectString}X`, 'SERVICE', 69],
      [`(DESCRIPTION=${address}(CONNECT_DATA=(SID=C2MPRD)))`, 'SERVICE', 69],
      ['no-such-host.invalid:1521/C2MPRD', 'HOST', 69],
      [`127.0.0.1:1/C2MPRD`, 'REFUSED', 69],
      ['C2MPRD', 'CONNECT_STRING', 78],
    ] as const) {
      const finished = await workplace({ connectString: given, user }, { oracle: { configDir: '.' } }).scan();
      expect(failureOf(finished)?.code).toBe(`ERR_RC_ORACLE_${code}`);
      expect(finished.code).toBe(exitCode);
    }
  });

  it.each([
    [28002, 'the password will expire within 5 days', 'in 5 days'],
    [28011, 'the account will expire soon; change your password now', 'soon'],
  ])('a password that expires soon (ORA-%i), while the scan goes on', async (code, message, when) => {
    const oracle = await database({ logonWarning: ora(code, message) });
    const finished = await workplace(oracle).scan();
    expect(finished.code).toBe(0);
    expect(finished.stderr).toMatch(new RegExp(`password of reader .* expires ${when}`));
  });
});

describe('never hangs, never loses:', () => {
  it('a server that falls silent at the close, after all was told', async () => {
    const oracle = await database({ faults: [{ at: 'close', do: 'hang' }] });
    const work = workplace(oracle);
    expect((await work.scan()).code).toBe(0);
    expect(work.rows()).toMatchObject([{ send_status: 'sent' }]);
    await expect.poll(() => oracle.openConnections).toBe(0);
  });

  it.each([
    { at: 'connect', do: 'hang' },
    { at: 'logon', do: 'hang' },
    { at: 'logon', do: 'hang', isTls: true },
    { at: 'execute', do: 'cut' },
    { at: 'execute', do: 'busy' },
    { at: 'fetch', do: 'hang', afterRows: 500, isTls: true },
    { at: 'fetch', do: 'error', error: ora(1555, 'snapshot too old') },
    { at: 'close', do: 'hang' },
    { at: 'close', do: 'cut' },
  ] as const)(
    'nothing is left open in a process that lives on, nor throws later: $at, $do',
    async (fault) => {
      const isTls = 'isTls' in fault;
      const answer = tableOf(COLUMNS, lateRows(2500));
      const oracle = await database({ answer, faults: [fault], ...(isTls ? { tls: SERVER } : {}) });
      const ms = fault.at === 'close' ? 20_000 : 300;
      const read = readHere(oracle, { connectTimeout: ms, callTimeout: ms, walletDirectory: WALLET });
      if (fault.at === 'close') await read;
      else await expect(read).rejects.toMatchObject({ exitCode: 69 });
      await expect.poll(() => oracle.openConnections).toBe(0);
      expect(await thrownByGarbage()).toEqual([]);
    },
  );

  it('a second attempt has no more time than the first one left', async () => {
    const oracle = await database({ faults: [{ at: 'execute', do: 'busy' }] });
    const { connectString, user, password } = oracle;
    const session = await Session.open({ connectString, user, password }, 'Oracle X', {
      connectTimeout: 20_000,
      callTimeout: 600_000,
      endsAt: performance.now() + 1000,
      signal: new AbortController().signal,
    });
    const called = session.call((connection) => connection.execute('SELECT 1 FROM dual'));
    await expect(called).rejects.toMatchObject({ code: 'ERR_RC_ORACLE_READ_TIMEOUT' });
    await session.close();
  });

  it('rows that come slowly are all read', async () => {
    const oracle = await database({
      answer: tableOf(COLUMNS, lateRows(2500)),
      faults: [{ at: 'fetch', do: 'slow', delayMs: 300, times: 3 }],
    });
    const work = workplace(oracle);
    expect((await work.scan()).code).toBe(0);
    expect(work.rows()).toHaveLength(2500);
  });

  it('a connection lost among the rows: what was read is told, and the read is not made again', async () => {
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

  it.each([
    { at: 'execute', do: 'cut', times: 1 },
    { at: 'fetch', do: 'cut', afterRows: 500, times: 1 },
    { at: 'execute', do: 'error', error: ora(3113, 'end-of-file on communication channel'), times: 1 },
  ] as const)('a connection dropped before a row was used is made once more: $at, $do', async (fault) => {
    const oracle = await database({ answer: tableOf(COLUMNS, lateRows(900)), faults: [fault] });
    const work = workplace(oracle);
    expect((await work.scan()).code).toBe(0);
    expect(work.rows()).toHaveLength(900);
    expect(oracle.logons).toBe(2);
  });

  it('a fault of the server itself is not asked for once more', async () => {
    const error = ora(600, 'internal error code, arguments: [qctcte1]');
    const oracle = await database({ faults: [{ at: 'execute', do: 'error', error }] });
    const finished = await workplace(oracle).scan();
    expect(finished.code).toBe(69);
    expect(failureOf(finished)?.message).toMatch(/failed: ORA-00600: internal error code/);
    expect(oracle.logons).toBe(1);
  });

  it('a connection that is dropped again is not made a third time', async () => {
    const oracle = await database({ faults: [{ at: 'execute', do: 'cut' }] });
    expect((await workplace(oracle).scan()).code).toBe(69);
    expect(oracle.logons).toBe(2);
  });

  it('a stop signal while the database is silent', async () => {
    const oracle = await database({ faults: [{ at: 'fetch', do: 'hang' }] });
    const running = workplace(oracle).start(['scan', '--json']);
    await expect.poll(() => oracle.statements.length).toBeGreaterThan(2);
    running.process.kill('SIGTERM');
    expect((await running.finished).code).toBe(75);
  });
});
