import { afterEach, describe, expect, it } from 'vitest';
import { type Connection, driver, type ExecuteOptions } from './driver.ts';
import {
  type Answer,
  type Column,
  type OracleOptions,
  type OracleStandIn,
  type Row,
  startOracle,
} from './index.ts';

let database: OracleStandIn | undefined;

afterEach(async () => {
  await database?.close();
  database = undefined;
});

function connect(
  { user, password, connectString }: OracleStandIn,
  options: Record<string, string | number> = {},
): Promise<Connection> {
  return driver.getConnection({ user, password, connectString, ...options });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** True if the promise has not ended after a while in which the stand-in answers a hundred times. */
async function stillWaiting(promise: Promise<unknown>): Promise<boolean> {
  const ended = promise.then(
    () => false,
    () => false,
  );
  return Promise.race([ended, new Promise<boolean>((resolve) => setTimeout(resolve, 150, true))]);
}

const NUMBERED: Column[] = [
  { name: 'ID', type: 'NUMBER' },
  { name: 'HALF', type: 'NUMBER' },
  { name: 'NAME', type: 'VARCHAR2', size: 200 },
  { name: 'AT', type: 'DATE' },
  { name: 'NOTE', type: 'VARCHAR2', size: 4000 },
];

/** Rows in which columns repeat: all but the first, over batches of every size. */
function* numbered(count: number): Generator<Row> {
  for (let id = 1; id <= count; id++) {
    const day = String((Math.floor(id / 700) % 28) + 1).padStart(2, '0');
    const name = id % 3 === 0 ? null : `গ্রাহক ${Math.floor(id / 5)}`;
    yield [id, Math.floor(id / 2), name, `2026-03-${day} 23:30:00`, 'x'.repeat(id % 400 < 5 ? 700 : 3)];
  }
}

function asFetched([id, half, name, at, note]: Row): unknown[] {
  return [id, half, name, new Date(String(at)), note];
}

const EXACT: ExecuteOptions = {
  fetchTypeHandler: ({ dbTypeName }) => (dbTypeName === 'NUMBER' ? { type: driver.STRING } : undefined),
};

describe.each(['19c', '23ai'] as const)('Oracle %s', (release) => {
  async function start(options: Partial<OracleOptions> = {}): Promise<OracleStandIn> {
    database = await startOracle({
      release,
      answer: () => ({ columns: NUMBERED, rows: numbered(10) }),
      ...options,
    });
    return database;
  }

  async function one(
    type: Column['type'],
    values: (string | number | null)[],
    size?: number,
  ): Promise<unknown[]> {
    const columns: Column[] = [{ name: 'V', type, ...(size !== undefined && { size }) }];
    const connection = await connect(
      await start({ answer: () => ({ columns, rows: values.map((v) => [v]) }) }),
    );
    const { rows } = await connection.execute('select v from t', [], EXACT);
    await connection.close();
    return rows.flat();
  }

  describe('logon', () => {
    it('lets the right user in, in either case, and counts the session until it is closed', async () => {
      const db = await start();
      const first = await connect(db);
      const second = await connect(db, { user: 'READER' });
      expect(first.oracleServerVersionString).toBe(release === '19c' ? '19.3.0.0.0' : '23.5.0.0.0');
      expect([db.openSessions, db.logons]).toEqual([2, 2]);
      await first.close();
      expect(db.openSessions).toBe(1);
      await second.close();
      await until(() => db.openConnections === 0);
      expect(db.openSessions).toBe(0);
    });

    it.each([{ password: 'correct horsf' }, { password: 'x'.repeat(200) }, { user: 'someone' }])(
      'answers ORA-01017 to %j',
      async (wrong) => {
        const db = await start();
        await expect(connect(db, wrong)).rejects.toThrow(/ORA-01017: invalid username\/password/);
        expect([db.logons, db.failedLogons, db.openSessions]).toEqual([0, 1, 0]);
      },
    );

    it('takes a password in Bengali letters', async () => {
      const db = await start({ password: 'পাসওয়ার্ড-১২৩' });
      await (await connect(db)).close();
      expect(db.logons).toBe(1);
    });

    it('does not know another service or a SID', async () => {
      const db = await start();
      const at = `127.0.0.1:${db.port}`;
      await expect(connect(db, { connectString: `${at}/OTHER` })).rejects.toThrow(/NJS-518/);
      const sid = `(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=${db.port}))(CONNECT_DATA=(SID=X)))`;
      await expect(connect(db, { connectString: sid })).rejects.toThrow(/NJS-519/);
      expect(db.logons).toBe(0);
    });

    it('reads connect data that is too long for its packet', async () => {
      const db = await start({ serviceName: `S${'x'.repeat(250)}` });
      await (await connect(db)).close();
      expect(db.logons).toBe(1);
    });

    it('warns of a password that expires soon', async () => {
      const db = await start({
        logonWarning: { code: 28002, message: 'the password will expire within 3 days' },
      });
      const connection = await connect(db);
      expect(connection.warning?.message).toContain('ORA-28002: the password will expire within 3 days');
      expect(connection.warning?.errorNum).toBe(28002);
      await connection.close();
    });
  });

  describe('types', () => {
    it('gives VARCHAR2 as it is: Bengali, empty as NULL, long', async () => {
      const texts = ['abc', 'বিদ্যুৎ সংযোগ', ' both ends ', 'x'.repeat(252), 'y'.repeat(253), 'ক'.repeat(1300)];
      expect(await one('VARCHAR2', [...texts, '', null])).toEqual([...texts, null, null]);
    });

    it('pads CHAR with blanks to its size in bytes', async () => {
      expect(await one('CHAR', ['AB', 'ABCDEFGH', 'ক', null], 8)).toEqual([
        'AB      ',
        'ABCDEFGH',
        'ক     ',
        null,
      ]);
    });

    it('gives NUMBER exactly', async () => {
      const numbers = [
        '0',
        '1',
        '-1',
        '12345678901234567.89',
        '-12345678901234567.89',
        '100',
        '99',
        '1000000',
      ];
      const more = [
        '-99999999999999999999999999999999999999',
        '123456789012345678901234567890123456789',
        '10.01',
        '0.5',
      ];
      const driverText = (text: string): string => text.replace(/^0\./, '.');
      expect(await one('NUMBER', [...numbers, ...more, -0.05, 1e-30, 1.5e20, null])).toEqual([
        ...[...numbers, ...more].map(driverText),
        '-.05',
        `.${'0'.repeat(29)}1`,
        '150000000000000000000',
        null,
      ]);
    });

    it('gives DATE and TIMESTAMP as wall clocks', async () => {
      expect(await one('DATE', ['2026-02-28 23:59:59', '1999-12-31', null])).toEqual([
        new Date(2026, 1, 28, 23, 59, 59),
        new Date(1999, 11, 31),
        null,
      ]);
      await database?.close();
      expect(await one('TIMESTAMP', ['2026-02-28 23:59:59.987654321', '2026-02-28 00:00:00', null])).toEqual([
        new Date(2026, 1, 28, 23, 59, 59, 987),
        new Date(2026, 1, 28),
        null,
      ]);
    });

    it.each(['TIMESTAMP WITH TIME ZONE', 'TIMESTAMP WITH LOCAL TIME ZONE'] as const)(
      'gives %s as an instant',
      async (type) => {
        const times = ['2026-03-01T03:00:00.250+06:00', '2026-02-28 15:30:00-05:30', '2026-02-28 21:00:00Z'];
        expect(await one(type, [...times, null])).toEqual([
          new Date('2026-02-28T21:00:00.250Z'),
          new Date('2026-02-28T21:00:00Z'),
          new Date('2026-02-28T21:00:00Z'),
          null,
        ]);
      },
    );

    it('describes its columns', async () => {
      const columns: Column[] = [
        { name: 'D1_ACTIVITY_ID', type: 'CHAR', size: 14 },
        { name: 'নাম', type: 'VARCHAR2', size: 60 },
        { name: 'BALANCE', type: 'NUMBER', precision: 15, scale: 2 },
        { name: 'AT', type: 'TIMESTAMP WITH TIME ZONE', scale: 3 },
      ];
      const connection = await connect(await start({ answer: () => ({ columns, rows: [] }) }));
      const { metaData, rows } = await connection.execute('select 1 from t');
      expect(rows).toEqual([]);
      expect(metaData).toMatchObject([
        { name: 'D1_ACTIVITY_ID', dbTypeName: 'CHAR', byteSize: 14 },
        { name: 'নাম', dbTypeName: 'VARCHAR2', byteSize: 60 },
        { name: 'BALANCE', dbTypeName: 'NUMBER', precision: 15, scale: 2 },
        { name: 'AT', dbTypeName: 'TIMESTAMP WITH TIME ZONE', precision: 3 },
      ]);
      const info = await connection.getStatementInfo('select 1 from t where a = :a');
      expect(info.metaData.map(({ name }) => name)).toEqual(columns.map(({ name }) => name));
      expect(database?.statements).toHaveLength(1);
      await connection.close();
    });

    it('tells a test that its answer can not be encoded', async () => {
      await expect(one('NUMBER', ['12,5'])).rejects.toThrow(/not a NUMBER: 12,5/);
    });
  });

  describe('fetching', () => {
    const batches = [
      { prefetchRows: 0, fetchArraySize: 1000 },
      { prefetchRows: 2, fetchArraySize: 100 },
      { prefetchRows: 1, fetchArraySize: 1 },
      { prefetchRows: 2500, fetchArraySize: 7 },
      { prefetchRows: 2501, fetchArraySize: 500 },
      { prefetchRows: 700, fetchArraySize: 900 },
    ];
    const sizes = [512, 8192, 65535].flatMap((sdu) => batches.map((batch) => ({ sdu, ...batch })));

    it.each(sizes)('gives 2,500 rows whole: %j', async ({ sdu, ...batch }) => {
      const rows = [...numbered(2500)];
      const db = await start({ sdu, answer: () => ({ columns: NUMBERED, rows }) });
      const connection = await connect(db, { sdu });
      const result = await connection.execute('select * from t', [], batch);
      expect(result.rows).toEqual(rows.map(asFetched));
      await connection.close();
    });

    it('gives repeated columns to converters and result sets too', async () => {
      const rows = [...numbered(2500)];
      const connection = await connect(await start({ answer: () => ({ columns: NUMBERED, rows }) }));
      const { resultSet } = await connection.execute('select * from t', [], {
        resultSet: true,
        prefetchRows: 50,
        fetchTypeHandler: ({ dbTypeName }) =>
          dbTypeName === 'NUMBER'
            ? { type: driver.STRING, converter: (text: string | null) => text && `n${text}` }
            : undefined,
      });
      const fetched: unknown[][] = [];
      for (let batch = await resultSet.getRows(300); batch.length > 0; batch = await resultSet.getRows(300)) {
        fetched.push(...batch);
      }
      await resultSet.close();
      const text = (value: unknown): string => `n${value}`;
      expect(fetched).toEqual(
        rows.map(asFetched).map(([id, half, ...rest]) => [text(id), text(half), ...rest]),
      );
      await connection.close();
    });

    it('gives the rows anew when a statement is run again, and closes what was given up', async () => {
      let given = 0;
      let ended = 0;
      function* rows(): Generator<Row> {
        try {
          for (;;) yield [++given];
        } finally {
          ended++;
        }
      }
      const answer = (): Answer => ({ columns: [{ name: 'N', type: 'NUMBER' }], rows: rows() });
      const db = await start({ answer });
      const connection = await connect(db);
      const firstOf = async (): Promise<unknown> => {
        const { resultSet } = await connection.execute('select n from t', [], { resultSet: true });
        const rows = await resultSet.getRows(2);
        await resultSet.close();
        return rows;
      };
      expect([await firstOf(), await firstOf()]).toEqual([
        [[1], [2]],
        [[3], [4]],
      ]);
      await connection.close();
      await until(() => db.openConnections === 0);
      expect(ended).toBe(2);
    });
  });

  describe('statements', () => {
    it('records SQL text and binds by name, by place and null', async () => {
      const db = await start();
      const connection = await connect(db);
      const sql = 'select \':no\', ":no" from t /* :no */ where a = :alert and b=:b and a > :alert -- :no';
      await connection.execute(sql, { alert: 15, b: 'সংযোগ' });
      await connection.execute('select 1 from t where a = :1 and b = :2', [-0.05, null]);
      const at = new Date(2026, 2, 1, 23, 30, 0, 250);
      await connection.execute('select 1 from t where a = :at and b = :text', { at, text: 'z'.repeat(9000) });
      await connection.execute(sql, { alert: 1e20, b: null });
      await connection.close();
      expect(db.statements).toEqual([
        { sql, binds: { alert: 15, b: 'সংযোগ' } },
        { sql: 'select 1 from t where a = :1 and b = :2', binds: { 1: -0.05, 2: null } },
        {
          sql: 'select 1 from t where a = :at and b = :text',
          binds: { at: '2026-03-01 23:30:00.25', text: 'z'.repeat(9000) },
        },
        { sql, binds: { alert: 1e20, b: null } },
      ]);
    });

    it('hands SQL text and binds to whoever answers', async () => {
      const answer = (sql: string, binds: object): Answer => ({
        columns: [{ name: 'ECHO', type: 'VARCHAR2', size: 4000 }],
        rows: [[sql], [JSON.stringify(binds)]],
      });
      const connection = await connect(await start({ answer }), { sdu: 512 });
      const sql = `select echo from t where a = :a ${'/* long */'.repeat(300)}`;
      expect((await connection.execute(sql, { a: 'x' })).rows).toEqual([[sql], ['{"a":"x"}']]);
      await connection.close();
    });

    it('lets other statements, ping, commit and rollback succeed', async () => {
      const db = await start();
      const connection = await connect(db);
      connection.module = 'rc-notify';
      connection.action = 'scan';
      connection.currentSchema = 'CISADM';
      await connection.execute('SET TRANSACTION READ ONLY');
      expect(connection.transactionInProgress).toBe(true);
      await connection.execute("ALTER SESSION SET NLS_SORT = 'BINARY'");
      await connection.ping();
      await connection.commit();
      expect(connection.transactionInProgress).toBe(false);
      await connection.rollback();
      await connection.execute('SET TRANSACTION READ ONLY');
      await connection.close();
      expect(db.statements.map(({ sql }) => sql.slice(0, 5))).toEqual(['SET T', 'ALTER', 'SET T']);
      expect(db.openSessions).toBe(0);
    });

    it('gives ORA errors with number, text and place, after which the session goes on', async () => {
      const error = { code: 942, message: 'table or view does not exist', offset: 14 };
      const answer = (sql: string): Answer =>
        sql.includes('nowhere') ? { error } : { columns: NUMBERED, rows: numbered(1) };
      const connection = await connect(await start({ answer }));
      await expect(connection.execute('select 1 from nowhere')).rejects.toMatchObject({
        code: 'ORA-00942',
        errorNum: 942,
        offset: 14,
        message: expect.stringMatching(/^ORA-00942: table or view does not exist/),
      });
      expect((await connection.execute('select 1 from t')).rows).toHaveLength(1);
      await connection.close();
      expect(database?.openSessions).toBe(0);
    });

    it('ends a session as a database does that is shut down', async () => {
      const error = { code: 3113, message: 'end-of-file on communication channel' };
      const connection = await connect(await start({ answer: () => ({ error }) }));
      await expect(connection.execute('select 1 from t')).rejects.toMatchObject({
        code: 'NJS-500',
        errorNum: 3113,
      });
      await until(() => database?.openConnections === 0);
    });
  });

  describe('faults', () => {
    const QUERY = 'select * from t';

    it('connect: refuse, with any code of a listener', async () => {
      const error = { code: 12518, message: '' };
      const db = await start({ faults: [{ at: 'connect', do: 'refuse', error, times: 1 }] });
      await expect(connect(db)).rejects.toThrow(/NJS-511.*[\s\S]*ORA-12518/);
      await (await connect(db)).close();
    });

    it('connect: error, in the negotiation of native network encryption', async () => {
      const error = { code: 12660, message: '' };
      const db = await start({ faults: [{ at: 'connect', do: 'error', error, times: 1 }] });
      await expect(connect(db)).rejects.toThrow(/NJS-533.*[\s\S]*ORA-12660/);
      await (await connect(db)).close();
    });

    it.each(['connect', 'logon'] as const)('%s: cut', async (at) => {
      const db = await start({ faults: [{ at, do: 'cut' }] });
      await expect(connect(db)).rejects.toThrow(/NJS-5/);
      expect(db.logons).toBe(0);
    });

    it.each(['connect', 'logon'] as const)('%s: hang', async (at) => {
      const db = await start({ faults: [{ at, do: 'hang' }] });
      const connecting = connect(db);
      expect(await stillWaiting(connecting)).toBe(true);
      await db.close();
      await expect(connecting).rejects.toThrow(/NJS-5/);
      expect([db.logons, db.openConnections]).toEqual([0, 0]);
    });

    it('logon: error', async () => {
      const error = { code: 28000, message: 'The account is locked.' };
      const db = await start({ faults: [{ at: 'logon', do: 'error', error }] });
      await expect(connect(db)).rejects.toThrow(/ORA-28000: The account is locked/);
      expect(db.openSessions).toBe(0);
    });

    it.each(['execute', 'fetch', 'close'] as const)('%s: hang', async (at) => {
      const db = await start({ faults: [{ at, do: 'hang' }] });
      const connection = await connect(db);
      const work = at === 'close' ? connection.close() : connection.execute(QUERY);
      expect(await stillWaiting(work)).toBe(true);
      expect(db.openSessions).toBe(1);
      await db.close();
      await work.catch(() => {});
      expect(db.openSessions).toBe(0);
    });

    it.each(['execute', 'fetch'] as const)('%s: cut', async (at) => {
      const db = await start({ faults: [{ at, do: 'cut', times: 1 }] });
      const connection = await connect(db);
      await expect(connection.execute(QUERY)).rejects.toMatchObject({ code: 'NJS-500' });
      await until(() => db.openSessions === 0);
      const again = await connect(db);
      expect((await again.execute(QUERY)).rows).toHaveLength(10);
      await again.close();
    });

    it('close: cut', async () => {
      const db = await start({ faults: [{ at: 'close', do: 'cut' }] });
      await (await connect(db)).close();
      await until(() => db.openSessions === 0);
    });

    it.each([
      { do: 'cut', told: { code: 'NJS-500' } },
      { do: 'error', told: { code: 'ORA-01555' } },
    ] as const)('fetch: $do after the rows that were to come', async ({ do: what, told }) => {
      const error = { code: 1555, message: 'snapshot too old: rollback segment number 3' };
      const answer = (): Answer => ({ columns: NUMBERED, rows: numbered(1000) });
      const db = await start({ answer, faults: [{ at: 'fetch', do: what, error, afterRows: 450 }] });
      const connection = await connect(db);
      const { resultSet } = await connection.execute(QUERY, [], { resultSet: true, prefetchRows: 50 });
      let fetched = 0;
      const all = (async () => {
        for (;;) fetched += (await resultSet.getRows(100)).length;
      })();
      await expect(all).rejects.toMatchObject(told);
      expect(fetched).toBe(400);
      await connection.close();
      await until(() => db.openConnections === 0);
    });

    it.each(['execute', 'fetch'] as const)('%s: busy, but a call timeout is heard', async (at) => {
      const db = await start({ faults: [{ at, do: 'busy', times: 1 }] });
      const connection = await connect(db);
      connection.callTimeout = 50;
      await expect(connection.execute(QUERY)).rejects.toThrow(/NJS-123/);
      expect((await connection.execute(QUERY)).rows).toHaveLength(10);
      await connection.close();
      expect(db.openSessions).toBe(0);
    });

    it('execute: slow, until a call timeout ends the wait, and then not at all', async () => {
      const answer = (sql: string): Answer => ({
        columns: [{ name: 'SQL', type: 'VARCHAR2' }],
        rows: [[sql]],
      });
      const db = await start({ answer, faults: [{ at: 'execute', do: 'slow', delayMs: 100, times: 1 }] });
      const connection = await connect(db);
      connection.callTimeout = 40;
      await expect(connection.execute(QUERY)).rejects.toThrow(/NJS-123/);
      connection.callTimeout = 0;
      expect(await stillWaiting(new Promise(() => {}))).toBe(true);
      expect((await connection.execute('select 2 from t')).rows).toEqual([['select 2 from t']]);
      await connection.close();
    });

    it('fetch: counts the rows anew when a statement is run again', async () => {
      const error = { code: 1555, message: 'snapshot too old' };
      const db = await start({ faults: [{ at: 'fetch', do: 'error', error, afterRows: 15 }] });
      const connection = await connect(db);
      expect((await connection.execute(QUERY)).rows).toHaveLength(10);
      expect((await connection.execute(QUERY)).rows).toHaveLength(10);
      await connection.close();
    });

    it('fetch: slow, but whole', async () => {
      const faults = [{ at: 'fetch', do: 'slow', delayMs: 60, times: 3 }] as const;
      const answer = (): Answer => ({ columns: NUMBERED, rows: numbered(25) });
      const db = await start({ answer, faults: [...faults] });
      const connection = await connect(db);
      const batch = { prefetchRows: 10, fetchArraySize: 10 };
      expect((await connection.execute(QUERY, [], batch)).rows).toEqual([...numbered(25)].map(asFetched));
      await connection.close();
    });
  });
});
