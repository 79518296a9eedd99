import { describe, expect, it } from 'vitest';
import { configWith } from '../src/scan/testing.ts';
import { openSource } from '../src/source/open.ts';
import { scanJson } from './harness/workplace.ts';
import type { Answer, Binds, Column } from './standins/oracle/index.ts';
import { COLUMNS, database, lateRows, ora, workplace } from './support/oracle-scan.ts';
import { tableOf } from './support/oracle-table.ts';

const OUTCOME_COLUMNS: readonly Column[] = [
  { name: 'COMMAND_ID', type: 'CHAR', size: 20 },
  { name: 'OUTCOME', type: 'VARCHAR2', size: 10 },
];

const idsOf = (binds: Binds) => [
  ...new Set(Object.entries(binds).flatMap(([name, id]) => (/^id_/i.test(name) ? [String(id)] : []))),
];

const isOutcomeQuery = (sql: string) => sql.includes('AS OUTCOME');

/** Commands in progress, and how those that are not ended; null = the database has no such command. */
function answering(ended: (id: string) => string | null) {
  let inProgress = lateRows(4);
  return {
    answer: (sql: string, binds: Binds): Answer => {
      if (!isOutcomeQuery(sql)) return tableOf(COLUMNS, inProgress)(sql);
      const known = idsOf(binds).flatMap((id) => {
        const outcome = ended(id);
        return outcome === null ? [] : [[id, outcome]];
      });
      return { columns: OUTCOME_COLUMNS, rows: known };
    },
    nothingInProgress: () => {
      inProgress = [];
    },
  };
}

const ENDED: Readonly<Record<string, string>> = {
  C10000001: 'completed',
  C10000002: 'completed',
  C10000003: 'discarded',
};

it('of commands that ended the waiting ones are cancelled where completed, and still told where discarded', async () => {
  const { answer, nothingInProgress } = answering((id) => ENDED[id] ?? null);
  const oracle = await database({ answer });
  const work = workplace(oracle, { pace: { perScan: 1 } });
  expect((await work.scan()).code).toBe(0);
  expect(work.rows().map((row) => row.send_status)).toEqual(['sent', 'pending', 'pending', 'pending']);

  nothingInProgress();
  const finished = await work.scan();
  expect(finished.code, finished.stderr).toBe(0);
  expect(work.rows()).toMatchObject([
    { send_status: 'sent', outcome: 'completed', cleared_at: expect.any(String) },
    { send_status: 'cancelled', outcome: 'completed', released_at: expect.any(String) },
    { send_status: 'sent', meter_number: '10000003' },
    { send_status: 'cancelled', outcome: null },
  ]);
  expect(scanJson(finished).counts).toMatchObject({ sent: 1, cancelled: 2 });
  const asked = oracle.statements.find(({ sql }) => isOutcomeQuery(sql));
  expect(idsOf(asked?.binds ?? {})).toEqual(['C10000001', 'C10000002', 'C10000003', 'C10000004']);
  expect(asked?.binds).toMatchObject({ status_completed: 'COMPLETED', status_discarded: 'DISCARDED' });
});

it('what is neither in progress nor ended stays open where it was told, and is told where it waits', async () => {
  const { answer, nothingInProgress } = answering((id) => (id === 'C10000004' ? null : 'stalled'));
  const oracle = await database({ answer });
  const work = workplace(oracle, { pace: { perScan: 1 } });
  await work.scan();
  nothingInProgress();
  for (const scan of ['second', 'third']) {
    const finished = await work.scan();
    expect(finished.code, finished.stderr).toBe(0);
    expect(finished.stderr, scan).toMatch(
      /3 open commands are neither in progress, completed nor discarded; they stay open/,
    );
  }
  expect(work.rows().map((row) => [row.send_status, row.outcome, row.cleared_at])).toEqual([
    ['sent', null, null],
    ['sent', null, null],
    ['sent', null, null],
    ['cancelled', null, expect.any(String)],
  ]);
});

describe('where the database does not tell how commands ended, nothing is cleared or cancelled, and the scan fails:', () => {
  const sql = /AS OUTCOME/;
  it.each([
    [{ at: 'execute', do: 'error', error: ora(942, 'no such table'), sql }, 'PRIVILEGE', /may not read it/],
    [{ at: 'execute', do: 'error', error: ora(904, 'invalid identifier'), sql }, 'QUERY', /ORA-00904/],
    [{ at: 'execute', do: 'cut', sql }, 'LOST', /was lost/],
    [{ at: 'fetch', do: 'cut', afterRows: 1, sql }, 'LOST', /was lost/],
    [{ at: 'execute', do: 'hang', sql }, 'READ_TIMEOUT', /longer than source.oracle.callTimeout/],
  ] as const)('%j', async (fault, code, says) => {
    const { answer, nothingInProgress } = answering(() => 'completed');
    const oracle = await database({ answer, faults: [fault] });
    const work = workplace(oracle, { oracle: { callTimeout: '2s' }, pace: { perScan: 1 } });
    await work.scan();
    const rows = work.rows();
    nothingInProgress();
    const finished = await work.scan();
    expect(finished.code, finished.stderr).toBe(69);
    const { errors } = scanJson(finished);
    expect(errors).toMatchObject([{ code: `ERR_RC_ORACLE_${code}`, hint: expect.stringMatching(/./) }]);
    expect(errors[0]?.message).toMatch(
      /^How ended commands ended is not known \(.*\); nothing was cleared\.$/,
    );
    expect(errors[0]?.message).toMatch(says);
    expect(finished.stderr.match(/How ended commands/g)).toHaveLength(1);
    expect(work.rows()).toEqual(rows);
  });

  it('but a scan that is stopped meanwhile was only stopped', async () => {
    const { answer, nothingInProgress } = answering(() => 'completed');
    const oracle = await database({ answer, faults: [{ at: 'execute', do: 'hang', sql }] });
    const work = workplace(oracle, { pace: { perScan: 1 } });
    await work.scan();
    nothingInProgress();
    const running = work.start(['scan', '--json']);
    await expect.poll(() => oracle.statements.some(({ sql: text }) => isOutcomeQuery(text))).toBe(true);
    running.process.kill('SIGTERM');
    const finished = await running.finished;
    expect(finished.code).toBe(75);
    expect(scanJson(finished).errors).toMatchObject([{ code: 'ERR_RC_STOPPED' }]);
  });
});

it('how commands ended is asked by id, a thousand at a time', async () => {
  const ids = Array.from({ length: 1005 }, (_, index) => `C${index}`);
  const ended = (id: string) => (id === 'C0' ? 'discarded' : id === 'C1' ? null : 'completed');
  const oracle = await database({ answer: answering(ended).answer });
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

it('what the database says is still in progress stays as it is, though the read did not list it', async () => {
  const { answer, nothingInProgress } = answering((id) => (id === 'C10000004' ? null : 'in-progress'));
  const oracle = await database({ answer });
  const work = workplace(oracle, { pace: { perScan: 1 } });
  await work.scan();
  nothingInProgress();
  const finished = await work.scan();
  expect(finished.code, finished.stderr).toBe(0);
  expect(finished.stderr).toMatch(/3 open commands are in progress although the read did not list them/);
  expect(work.rows().map((row) => [row.send_status, row.cleared_at])).toEqual([
    ['sent', null],
    ['pending', null],
    ['pending', null],
    ['cancelled', expect.any(String)],
  ]);
});

it('a waiting command that grew older than the look-back is cancelled once the database says it is completed', async () => {
  let fate = 'in-progress';
  const { answer, nothingInProgress } = answering(() => fate);
  const oracle = await database({ answer });
  const work = workplace(oracle, { oracle: { lookback: '8d' }, pace: { perScan: 1 } });
  await work.scan();
  nothingInProgress();
  work.query("UPDATE whatsapp_notifications SET triggered_at = '2020-01-01T00:00:00.000Z' RETURNING id");
  await work.scan();
  expect(work.rows().map((row) => row.send_status)).toEqual(['sent', 'pending', 'pending', 'pending']);
  fate = 'completed';
  expect(scanJson(await work.scan()).counts).toMatchObject({ cancelled: 3, pending: 0 });
});
