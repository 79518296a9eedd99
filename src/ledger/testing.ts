import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { openLedgerDatabase } from './database.ts';
import type { NotificationRow } from './port.ts';

/** An empty directory, gone when the test is over. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rc-notify-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A ledger file without rows, open until the test is over. */
export function temporaryLedger(): { readonly directory: string; readonly database: Database } {
  const directory = temporaryDirectory();
  const database = openLedgerDatabase(directory, new Date('2025-01-01T00:00:00Z'));
  onTestFinished(() => void database.close());
  return { directory, database };
}

/** One notification, a sent one of NOCS-1 where nothing else is said. Returns its id. */
export function addNotification(database: Database, values: Partial<NotificationRow> = {}): number {
  const created = values.created_at ?? '2025-01-02T10:00:00.000Z';
  const row: Partial<NotificationRow> = {
    meter_number: '12345678',
    nocs_name: 'NOCS-1',
    duration_status: 'STUCK',
    duration_minutes: 150,
    channel: 'whatsapp',
    send_status: 'sent',
    reason: 'due',
    dedupe_key: `key ${database.prepare('SELECT COUNT(*) FROM whatsapp_notifications').pluck().get()}`,
    created_at: created,
    updated_at: created,
    ...values,
  };
  return insert(database, 'whatsapp_notifications', row);
}

/** One row of any table. Returns its rowid. */
export function insert(database: Database, table: string, row: object): number {
  const names = Object.keys(row);
  const values = names.map((name) => `@${name}`);
  return Number(
    database.prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${values.join()})`).run(row)
      .lastInsertRowid,
  );
}
