import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Database } from 'better-sqlite3';
import { parse } from 'csv-parse/sync';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ExitCode } from '../exit-codes.ts';
import { openLedgerDatabase } from '../ledger/database.ts';
import { NOTIFICATION_COLUMNS } from '../ledger/history.ts';
import { addNotification, insert, temporaryDirectory } from '../ledger/testing.ts';
import { createLog } from '../terminal/log.ts';
import { recordingStream } from '../terminal/testing.ts';
import { historyCommand } from './history.ts';
import type { HistoryOptions } from './history-options.ts';

const NOW = new Date('2025-01-10T12:00:00Z');
const CONFIG = `
source: { type: file, file: { path: rc-commands.csv } }
channel: terminal
message: { timezone: Asia/Dhaka }
state: { directory: state }
`;

interface Office {
  readonly state: string;
  ledger(): Database;
  history(
    options?: HistoryOptions,
    terminal?: boolean,
  ): Promise<{ code: ExitCode; out: string; err: string }>;
}

/** A configuration with a state directory that does not exist yet. */
function office(): Office {
  const cwd = temporaryDirectory();
  const state = join(cwd, 'state');
  writeFileSync(join(cwd, 'rc-notify.config.yaml'), CONFIG);
  return {
    state,
    ledger: () => {
      const database = openLedgerDatabase(state, NOW);
      onTestFinished(() => void database.close());
      return database;
    },
    history: async (options = {}, terminal = false) => {
      const [stdout, stderr] = [recordingStream(terminal), recordingStream(false)];
      const env = { HOME: cwd };
      const log = createLog({
        stderr,
        env,
        format: 'text',
        level: 'normal',
        colour: false,
        now: () => NOW,
      });
      const clock = { now: () => NOW, sleep: () => Promise.resolve() };
      const io = { stdin: new PassThrough(), stdout, stderr, env, cwd };
      const code = await historyCommand({ io, log, clock, configPath: undefined, colour: false }, options);
      return { code, out: stdout.written(), err: stderr.written() };
    },
  };
}

/** A ledger with one notification. */
async function shown(
  row: Parameters<typeof addNotification>[1],
  options: HistoryOptions = {},
  terminal = false,
) {
  const { ledger, history } = office();
  addNotification(ledger(), row);
  return history(options, terminal);
}

describe('the table', () => {
  test('has what matters in 80 columns, with times of the display zone', async () => {
    const sent = { meter_number: '00123456', nocs_name: 'Azimpur', sent_at: '2025-01-02T19:30:00.000Z' };
    const { code, out, err } = await shown(sent, {}, true);
    expect(code).toBe(ExitCode.OK);
    expect(out.split('\n')).toEqual([
      'SENT OR SEEN      METER     NOCS     STATUS  SEND STATUS  REASON',
      '────────────────  ────────  ───────  ──────  ───────────  ──────',
      '2025-01-03 01:30  00123456  Azimpur  STUCK   sent         due',
      '',
    ]);
    expect(err).toBe('');
  });

  test('shows when an unsent one was seen, and that it is released', async () => {
    const row = { send_status: 'failed', released_at: '2025-01-03T00:00:00.000Z' } as const;
    const { out } = await shown(row);
    expect(out).toContain('2025-01-02 16:00  12345678  NOCS-1  STUCK   failed       due, released');
  });

  test('keeps a hostile NOCS name on its line', async () => {
    const { out } = await shown({ nocs_name: 'A\nB\u001b[2J\u009b2J', message: 'one\ntwo' });
    expect(out.split('\n')).toHaveLength(3);
    expect(out).toContain('A\\nB\\u001b[2J\\u009b2J');
  });

  test('says when there may be more', async () => {
    const { ledger, history } = office();
    const database = ledger();
    for (let count = 0; count < 51; count += 1) addNotification(database);
    const { out, err } = await history();
    expect(out.trimEnd().split('\n')).toHaveLength(51);
    expect(err).toContain('the newest 50 at most; for more: rc-notify history --limit 500');
  });

  test.each(['json', 'csv'])('says so in %s as well, beside the answer', async (format) => {
    const { ledger, history } = office();
    const database = ledger();
    for (let count = 0; count < 51; count += 1) addNotification(database);
    const { out, err } = await history({ format });
    expect(err).toContain('the newest 50 at most; for more: rc-notify history --limit 500');
    expect(out).not.toContain('newest 50');
    expect((await history({ format, limit: '60' })).err).toBe('');
  });

  test('of thousands of rows comes in pages', async () => {
    const { ledger, history } = office();
    const database = ledger();
    database.transaction(() => {
      for (let count = 0; count < 2001; count += 1) addNotification(database);
    })();
    const { out } = await history({ limit: '5000' });
    const lines = out.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('SENT OR SEEN'))).toHaveLength(3);
    expect(lines).toHaveLength(2001 + 3);
  });
});

describe('json', () => {
  test('has exactly the columns of the ledger, newest first', async () => {
    const { ledger, history } = office();
    const database = ledger();
    addNotification(database, { meter_number: '001', message: 'one\ntwo', ack: 2 });
    addNotification(database, { meter_number: '2', created_at: '2025-01-03T00:00:00.000Z' });
    const { out } = await history({ json: true });
    const { notifications, ...rest } = JSON.parse(out);
    expect(notifications.map(Object.keys)).toEqual([NOTIFICATION_COLUMNS, NOTIFICATION_COLUMNS]);
    expect(notifications[1]).toEqual(
      database.prepare("SELECT * FROM whatsapp_notifications WHERE meter_number = '001'").get(),
    );
    expect(notifications[0].meter_number).toBe('2');
    expect(rest).toEqual({});
  });

  test('is an empty list without a ledger, and nothing is created', async () => {
    const { state, history } = office();
    const { code, out, err } = await history({ format: 'json' });
    expect(code).toBe(ExitCode.OK);
    expect(JSON.parse(out)).toEqual({ notifications: [] });
    expect(err).toContain(`no ledger in ${state} yet; the first scan makes it: rc-notify scan`);
    expect(() => readdirSync(state)).toThrow('ENOENT');
  });

  test('carries no character a terminal would obey, and loses none', async () => {
    const { out } = await shown({ nocs_name: 'A\u009b2J\u202e' }, { json: true });
    expect(out).not.toMatch(/[\u0080-\u009f\u202e]/);
    expect(JSON.parse(out).notifications[0].nocs_name).toBe('A\u009b2J\u202e');
  });
});

describe('csv', () => {
  test('has a BOM, a head, and quotes what needs it', async () => {
    const { out } = await shown({ message: 'one, "two"\nthree', nocs_name: 'ধানমন্ডি' }, { format: 'csv' });
    expect(out.startsWith(`\ufeff${NOTIFICATION_COLUMNS.join()}\n`)).toBe(true);
    const [row] = parse(out, { bom: true, columns: true }) as Record<string, string>[];
    expect(row).toMatchObject({ message: 'one, "two"\nthree', nocs_name: 'ধানমন্ডি', customer_id: '' });
  });

  test.each([
    ['=HYPERLINK("http://x")', `'=HYPERLINK("http://x")`],
    ['+1', `'+1`],
    ['-1+cmd', `'-1+cmd`],
    ['@SUM(A1)', `'@SUM(A1)`],
    ['\t=1', `'\t=1`],
    ['\r=1', `'\r=1`],
    [' =1', `' =1`],
    ['＝1', `'＝1`],
    ['-5', `'-5`],
    ['0012345', `'0012345`],
    ['12345678901234567', `'12345678901234567`],
    ['12E5', `'12E5`],
    ['12345678', '12345678'],
    ['A\u001b[2J', 'A\\u001b[2J'],
  ])('the customer %j is written as %j', async (customer, cell) => {
    const { out } = await shown({ customer_id: customer }, { format: 'csv' });
    const [row] = parse(out, { bom: true, columns: true }) as Record<string, string>[];
    expect(row?.customer_id).toBe(cell);
  });

  test.each([
    ['-50.00', '-50.00'],
    ['-50.00+cmd', `'-50.00+cmd`],
    ['0.50', '0.50'],
  ])('the balance %j is written as %j', async (balance, cell) => {
    const { out } = await shown({ balance }, { format: 'csv' });
    const [row] = parse(out, { bom: true, columns: true }) as Record<string, string>[];
    expect(row?.balance).toBe(cell);
  });

  test('of more rows than are held at once is complete', async () => {
    const { ledger, history } = office();
    const database = ledger();
    database.transaction(() => {
      for (let count = 0; count < 1203; count += 1) addNotification(database);
    })();
    const { out } = await history({ format: 'csv', limit: '1000000' });
    const ids = (parse(out, { bom: true, columns: true }) as { id: string }[]).map(({ id }) => Number(id));
    expect(ids).toEqual(Array.from({ length: 1203 }, (_, index) => 1203 - index));
  });
});

describe('a meter', () => {
  const row = { meter_number: '00123456', send_status: 'pending', reason: 'no-group' } as const;

  test('gets its story below the table', async () => {
    const { out } = await shown(row, { meter: ' 00123456 ' });
    expect(out).toContain('STUCK   pending      no-group\n\nWHEN              STORY OF METER 00123456\n');
    expect(out).toContain('2025-01-02 16:00  First seen late: a command without id, NOCS-1.');
  });

  test('gets its story in json, times in UTC', async () => {
    const { out } = await shown(row, { meter: '00123456', json: true });
    expect(JSON.parse(out).story[1]).toEqual({
      at: '2025-01-02T10:00:00.000Z',
      text: 'Not told yet: its NOCS has no group, and there is no default group.',
    });
  });

  test('that was never to be told has a story without a table', async () => {
    const { ledger, history } = office();
    const untold = { command: 'C-1', reason: 'too-old', first_seen_at: '2025-01-02T10:00:00.000Z' };
    insert(ledger(), 'untold', { ...untold, meter_number: '7' });
    const { out, err } = await history({ meter: '7' });
    expect(out).toMatch(/^WHEN +STORY OF METER 7\n.*too-old\)\.\n$/);
    expect(err).toBe('');
  });

  test('that is unknown is answered with what to look at', async () => {
    const { out, err } = await shown(row, { meter: '123456' });
    expect(out).toBe('');
    expect(err).toContain('leading zeros included. All meters: rc-notify history');
  });
});

describe('statistics', () => {
  const sent = {
    triggered_at: '2025-01-02T08:00:00.000Z',
    sent_at: '2025-01-02T10:05:00.000Z',
    cleared_at: '2025-01-02T10:50:00.000Z',
  };

  test('as tables', async () => {
    const { out } = await shown(sent, { stats: true });
    expect(out).toBe(`Notifications: 1

NOCS    NOTIFICATIONS
NOCS-1  1

STATUS  SEND STATUS  NOTIFICATIONS
STUCK   sent         1

TIME                     MEDIAN  90 % WITHIN  NOTIFICATIONS
from trigger to message  2h 5m   2h 5m        1
from message to cleared  0h 45m  0h 45m       1
`);
  });

  test('as json', async () => {
    const { out } = await shown(sent, { stats: true, json: true });
    expect(JSON.parse(out).statistics).toMatchObject({
      notifications: 1,
      byNocs: [{ nocsName: 'NOCS-1', notifications: 1 }],
      messageToCleared: { medianSeconds: 2700 },
    });
  });
});

describe('times', () => {
  const midnight = '2025-01-03T18:00:00.000Z';
  const justBefore = '2025-01-03T17:59:59.999Z';

  test.each<[what: string, options: HistoryOptions, found: string[]]>([
    ['a day begins at midnight in Dhaka', { since: '2025-01-04' }, ['day']],
    ['until a day includes all of it', { until: '2025-01-03' }, ['eve']],
    ['until an hour ends there', { until: '2025-01-03 23:59' }, []],
    ['a time with a zone is taken by it', { since: '2025-01-03T18:00:00Z' }, ['day']],
    ['a duration counts back from now', { since: '7d' }, ['day', 'eve']],
    ['and may end a range', { until: '162h' }, ['day', 'eve']],
    ['and may begin one', { since: '162h' }, ['day']],
  ])('%s', async (_, options, found) => {
    const { ledger, history } = office();
    const database = ledger();
    addNotification(database, { meter_number: 'eve', created_at: justBefore });
    addNotification(database, { meter_number: 'day', created_at: midnight });
    const { out } = await history({ ...options, json: true });
    const meters = JSON.parse(out).notifications.map((row: { meter_number: string }) => row.meter_number);
    expect(meters).toEqual(found);
  });
});

describe('wrong options are refused with what to write instead', () => {
  test.each<[options: HistoryOptions, message: string]>([
    [{ status: 'NORMAL' }, '--status NORMAL is not known'],
    [{ sendStatus: 'gone' }, '--send-status gone is not known'],
    [{ format: 'xml' }, '--format xml is not known'],
    [{ limit: '0' }, '--limit 0 is not a number of rows'],
    [{ limit: '-5' }, '--limit -5 is not a number of rows'],
    [{ limit: 'all' }, '--limit all is not a number of rows'],
    [{ since: '31-01-2025' }, '--since 31-01-2025 is no date'],
    [{ until: '2025-02-30' }, '--until 2025-02-30 is no date'],
    [{ since: '999999999d' }, '--since 999999999d is not within the years 0 to 9999'],
    [{ until: '999999999d' }, '--until 999999999d is not within the years 0 to 9999'],
    [{ json: true, format: 'csv' }, '--json and --format csv contradict each other'],
    [{ stats: true, format: 'csv' }, '--stats has no CSV form'],
  ])('%j', async (options, message) => {
    await expect(office().history(options)).rejects.toMatchObject({
      exitCode: ExitCode.USAGE,
      message: expect.stringContaining(message),
      hint: expect.stringMatching(/\w/),
    });
  });

  test('before anything else, a missing configuration included', async () => {
    const { state, history } = office();
    rmSync(join(dirname(state), 'rc-notify.config.yaml'));
    await expect(history({ since: 'yesterday' })).rejects.toMatchObject({ exitCode: ExitCode.USAGE });
    await expect(history()).rejects.toMatchObject({ exitCode: ExitCode.CONFIG });
  });

  test('status words may be typed in any case', async () => {
    const { out } = await shown({}, { status: 'stuck', sendStatus: 'SENT', json: true });
    expect(JSON.parse(out).notifications).toHaveLength(1);
  });
});

test('a ledger without notifications, and filters that fit none, say what to do next', async () => {
  const { ledger, history } = office();
  const database = ledger();
  expect((await history()).err).toContain('has no notifications yet');
  expect((await history({ stats: true })).err).toContain('has no notifications yet');
  addNotification(database);
  expect((await history({ sendStatus: 'failed' })).err).toContain('try fewer filters');
});

test('it works while a scan is writing', async () => {
  const { ledger, history } = office();
  const database = ledger();
  addNotification(database, { meter_number: 'committed' });
  database.exec('BEGIN IMMEDIATE');
  addNotification(database, { meter_number: 'not yet' });
  const { out } = await history({ json: true });
  expect(out).toContain('"committed"');
  expect(out).not.toContain('"not yet"');
  database.exec('ROLLBACK');
});

test('a file that is no ledger is named (73)', async () => {
  const { state, history } = office();
  mkdirSync(state);
  writeFileSync(join(state, 'ledger.db'), 'no database at all');
  await expect(history()).rejects.toMatchObject({
    code: 'ERR_RC_LEDGER_UNREADABLE',
    exitCode: ExitCode.CANTCREAT,
    message: expect.stringContaining(join(state, 'ledger.db')),
  });
});

test('a ledger damaged further inside is named too, not taken for a bug', async () => {
  const { state, ledger, history } = office();
  const database = ledger();
  database.transaction(() => {
    for (let count = 0; count < 300; count += 1) addNotification(database, { message: 'x'.repeat(500) });
  })();
  const image = database.serialize();
  database.close();
  writeFileSync(join(state, 'ledger.db'), image.fill(0xff, 4096 * 20));
  await expect(history({ limit: '300', format: 'csv' })).rejects.toMatchObject({
    code: 'ERR_RC_LEDGER_UNREADABLE',
    exitCode: ExitCode.CANTCREAT,
  });
});
