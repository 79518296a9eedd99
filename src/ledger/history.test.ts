import type { Database } from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { type HistoryFilter, NOTIFICATION_COLUMNS, newestNotifications } from './history.ts';
import { openSqlite } from './sqlite.ts';
import { ledgerPath } from './state-directory.ts';
import { addNotification, temporaryLedger } from './testing.ts';

function meters(database: Database, filter: HistoryFilter, limit = 50): string[] {
  return [...newestNotifications(database, filter, limit)].map((row) => row.meter_number);
}

test('the newest come first, and of one moment the one recorded last', () => {
  const { database } = temporaryLedger();
  addNotification(database, { meter_number: 'first', created_at: '2025-01-02T10:00:00.000Z' });
  addNotification(database, { meter_number: 'second', created_at: '2025-01-02T10:00:00.000Z' });
  addNotification(database, { meter_number: 'older', created_at: '2025-01-01T10:00:00.000Z' });
  expect(meters(database, {})).toEqual(['second', 'first', 'older']);
  expect(meters(database, {}, 2)).toEqual(['second', 'first']);
});

test('a row has exactly the columns of the table, in its order', () => {
  const { database } = temporaryLedger();
  addNotification(database);
  const [row] = newestNotifications(database, {}, 1);
  const table = database.prepare('SELECT * FROM whatsapp_notifications').get() as object;
  expect(Object.entries(row ?? {})).toEqual(Object.entries(table));
  expect(NOTIFICATION_COLUMNS).toHaveLength(27);
});

describe('filters', () => {
  function ledger(): Database {
    const { database } = temporaryLedger();
    addNotification(database, { meter_number: '001', duration_status: 'ALERT', send_status: 'pending' });
    addNotification(database, { meter_number: '1', nocs_name: null, send_status: 'failed' });
    addNotification(database, {
      meter_number: '2',
      nocs_name: 'Nocs  1',
      created_at: '2025-01-05T00:00:00.000Z',
    });
    addNotification(database, {
      meter_number: '3',
      nocs_name: ' nocs 1',
      created_at: '2025-01-06T00:00:00.000Z',
    });
    addNotification(database, {
      meter_number: '4',
      nocs_name: 'ধানমন্ডি',
      created_at: '2025-01-07T00:00:00.000Z',
    });
    return database;
  }

  test.each<[what: string, filter: HistoryFilter, found: string[]]>([
    ['a meter is matched with its leading zeros', { meter: '001' }, ['001']],
    ['a NOCS in any spelling finds all its spellings', { nocs: 'NOCS 1 ' }, ['3', '2']],
    ['a Bengali NOCS is found', { nocs: 'ধানমন্ডি' }, ['4']],
    ['an unknown NOCS finds nothing', { nocs: 'NOCS-9' }, []],
    ['by duration status', { status: 'ALERT' }, ['001']],
    ['by send status', { sendStatus: 'failed' }, ['1']],
    ['since includes its moment', { since: '2025-01-06T00:00:00.000Z' }, ['4', '3']],
    ['until includes its moment', { until: '2025-01-05T00:00:00.000Z' }, ['2', '1', '001']],
    ['all must fit', { nocs: 'nocs 1', since: '2025-01-05T00:00:00.001Z', status: 'STUCK' }, ['3']],
  ])('%s', (_, filter, found) => {
    expect(meters(ledger(), filter)).toEqual(found);
  });
});

describe('a large ledger is not read through', () => {
  /** How SQLite goes about the statements that were really run. */
  function plans(filter: HistoryFilter): string[] {
    const { directory, database } = temporaryLedger();
    addNotification(database);
    const statements: string[] = [];
    const watched = openSqlite(ledgerPath(directory), {
      verbose: (sql) => void statements.push(String(sql)),
    });
    expect([...newestNotifications(watched, filter, 50)]).toHaveLength(1);
    watched.close();
    return statements.map((sql) =>
      (database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[])
        .map(({ detail }) => detail)
        .join('\n'),
    );
  }

  test('the first page walks the index from its end, without sorting', () => {
    expect(plans({})).toEqual(['SCAN whatsapp_notifications USING INDEX notifications_newest']);
  });

  test.each<[filter: HistoryFilter, index: string]>([
    [{ meter: '12345678' }, 'notifications_meter (meter_number=?)'],
    [{ sendStatus: 'sent' }, 'notifications_send_status (send_status=?)'],
    [{ since: '2025-01-01T00:00:00.000Z' }, 'notifications_newest (created_at>?)'],
  ])('%j is sought in an index', (filter, index) => {
    expect(plans(filter)).toEqual([expect.stringContaining(`USING INDEX ${index}`)]);
  });

  test('the names of NOCS are sought one by one, and the rows by name', () => {
    const [names, rows] = plans({ nocs: 'nocs-1' });
    expect(names).toContain(
      'SEARCH whatsapp_notifications USING COVERING INDEX notifications_nocs (nocs_name>?)',
    );
    expect(names).not.toContain('SCAN whatsapp_notifications');
    expect(rows).toContain('USING INDEX notifications_nocs (nocs_name=?)');
  });
});
