import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { ledgerPath } from './state-directory.ts';
import { addNotification, temporaryLedger } from './testing.ts';

const SHELL = 'sqlite3';
const hasShell = spawnSync(SHELL, ['--version']).error === undefined;

/** As an auditor types them. */
const QUERIES: readonly [query: string, answer: object[]][] = [
  [
    'SELECT * FROM whatsapp_notifications ORDER BY created_at DESC LIMIT 10',
    [{ meter_number: '003' }, { meter_number: '2' }, { meter_number: '1' }],
  ],
  [
    'SELECT nocs_name, COUNT(*) AS total_notifications FROM whatsapp_notifications GROUP BY nocs_name',
    [
      { nocs_name: 'NOCS-1', total_notifications: 2 },
      { nocs_name: 'ধানমন্ডি', total_notifications: 1 },
    ],
  ],
  [
    'SELECT duration_status, send_status, COUNT(*) AS count FROM whatsapp_notifications GROUP BY duration_status, send_status',
    [
      { duration_status: 'ALERT', send_status: 'sent', count: 1 },
      { duration_status: 'STUCK', send_status: 'failed', count: 1 },
      { duration_status: 'STUCK', send_status: 'sent', count: 1 },
    ],
  ],
  [
    `SELECT * FROM whatsapp_notifications WHERE send_status = 'failed'`,
    [{ meter_number: '003', error: 'refused', released_at: null }],
  ],
];

function ledger() {
  const { directory, database } = temporaryLedger();
  addNotification(database, { meter_number: '1', created_at: '2025-01-01T00:00:00.000Z' });
  addNotification(database, {
    meter_number: '2',
    created_at: '2025-01-02T00:00:00.000Z',
    duration_status: 'ALERT',
    nocs_name: 'ধানমন্ডি',
    message: 'one\ntwo',
  });
  addNotification(database, {
    meter_number: '003',
    created_at: '2025-01-03T00:00:00.000Z',
    send_status: 'failed',
    error: 'refused',
  });
  return { file: ledgerPath(directory), database };
}

describe.each(QUERIES)('the audit query: %s', (query, answer) => {
  test('runs as it stands', () => {
    expect(ledger().database.prepare(query).all()).toMatchObject(answer);
  });

  test(
    hasShell ? 'and in the sqlite3 shell' : 'and in the sqlite3 shell (not installed here: not tried)',
    () => {
      if (!hasShell) return;
      const { file } = ledger();
      const shell = spawnSync(SHELL, ['-json', file, query], { encoding: 'utf8' });
      expect(shell.stderr).toBe('');
      expect(JSON.parse(shell.stdout)).toMatchObject(answer);
    },
  );
});
