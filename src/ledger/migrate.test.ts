import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Database } from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ExitCode } from '../exit-codes.ts';
import { openLedgerDatabase, openLedgerForLooking } from './database.ts';
import { LATEST_VERSION, migrate, refuseNewerLedger, schemaVersion } from './migrate.ts';
import { type Migration, migrations } from './migrations/index.ts';
import { openSqlite } from './sqlite.ts';
import { ledgerPath } from './state-directory.ts';
import { temporaryDirectory } from './testing.ts';

const NOW = new Date('2025-01-02T03:04:05.678Z');

/** What fills every table of a schema version. A new version needs its own entry: the first test below says so. */
const ROWS: Readonly<Record<number, string>> = {
  0: '',
  1: `
    INSERT INTO whatsapp_notifications (meter_number, nocs_name, duration_status, duration_minutes, balance, channel,
        send_status, reason, message_id, message, dedupe_key, created_at, updated_at, released_at)
      VALUES ('00123456', 'ধানমন্ডি', 'STUCK', 150, '-50.00', 'whatsapp', 'sent', 'due', '3EB0A', 'one' || char(10) || 'two',
          'meter:00123456', '2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z', NULL),
        ('00123456', NULL, 'ALERT', 60, NULL, 'whatsapp', 'cancelled', 'escalated', NULL, NULL,
          'meter:00123456', '2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z');
    INSERT INTO messages (id, channel, group_id, text, send_status, id_imposed, attempts, first_attempt_at, last_attempt_at)
      VALUES ('3EB0A', 'whatsapp', '1@g.us', 'one', 'sent', 1, 1, '2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z');
    INSERT INTO message_notifications VALUES ('3EB0A', 1, 'the group is closed');
    INSERT INTO scans (started_at, source, channel) VALUES ('2025-01-01T00:00:00.000Z', 'file a.csv', 'whatsapp');
    INSERT INTO vanished VALUES (1);
    INSERT INTO untold VALUES ('7', 'C-1', 'too-old', NULL, NULL, '2025-01-01T00:00:00.000Z');
    INSERT INTO nocs_seen VALUES ('ধানমন্ডি', '2025-01-01T00:00:00.000Z');
    INSERT INTO group_checks VALUES ('whatsapp', '1@g.us', 'only admins may post', '2025-01-01T00:00:00.000Z');
    INSERT INTO mutes (kind, name, created_by, created_at) VALUES ('nocs', 'Azimpur', 'karim', '2025-01-01T00:00:00.000Z');
    INSERT INTO audit (at, who, action) VALUES ('2025-01-01T00:00:00.000Z', 'karim', 'reset');
    INSERT INTO audit_notifications VALUES (1, 2);
    INSERT INTO links VALUES ('whatsapp', '8801700000000', '2025-01-01T00:00:00.000Z');
    INSERT INTO ledger_machine VALUES (1, 'machine');
  `,
};

const VERSIONS = [0, ...migrations.map(({ version }) => version)];

type Contents = Record<string, unknown[]>;

function contents(database: Database): Contents {
  const tables = database
    .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
    .pluck()
    .all() as string[];
  return Object.fromEntries(tables.map((table) => [table, database.prepare(`SELECT * FROM ${table}`).all()]));
}

/** A state directory with a ledger of that version, rows in every table, and what they are. */
function oldLedger(version: number): { directory: string; before: Contents } {
  const directory = temporaryDirectory();
  const database = openSqlite(ledgerPath(directory));
  database.pragma('journal_mode = WAL');
  const known = migrations.filter((step) => step.version <= version);
  if (known.length > 0) migrate(database, NOW, known);
  database.exec(ROWS[version] ?? '');
  const before = contents(database);
  database.close();
  return { directory, before };
}

describe.each(VERSIONS)('a ledger of version %i', (version) => {
  test('has a row in every table here, so that the next tests mean something', () => {
    expect(ROWS).toHaveProperty(String(version));
    const empty = Object.entries(oldLedger(version).before).filter(([, rows]) => rows.length === 0);
    expect(empty).toEqual([]);
  });

  test('is brought to the latest, and no row and no value is lost', () => {
    const { directory, before } = oldLedger(version);
    const database = openLedgerDatabase(directory, NOW);
    onTestFinished(() => void database.close());
    expect(schemaVersion(database)).toBe(LATEST_VERSION);
    const after = contents(database);
    for (const [table, rows] of Object.entries(before)) expect(after[table]).toMatchObject(rows);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.pragma('foreign_key_check')).toEqual([]);
  });

  test('is left byte for byte as it was by those who only look, and they see the latest', () => {
    const { directory, before } = oldLedger(version);
    const bytes = readFileSync(ledgerPath(directory));
    const database = openLedgerForLooking(directory, NOW);
    expect(schemaVersion(database)).toBe(LATEST_VERSION);
    const after = contents(database);
    for (const [table, rows] of Object.entries(before)) expect(after[table]).toMatchObject(rows);
    database.close();
    expect(readFileSync(ledgerPath(directory)).equals(bytes)).toBe(true);
  });
});

test('versions and names are in order, each once', () => {
  expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  expect(new Set(migrations.map(({ name }) => name)).size).toBe(migrations.length);
});

describe('the runner', () => {
  const STEPS: readonly Migration[] = [
    { version: 1, name: 'one', sql: 'CREATE TABLE a (x); INSERT INTO a VALUES (1)' },
    { version: 2, name: 'two', sql: 'UPDATE a SET x = x * 10' },
    { version: 3, name: 'three', sql: 'UPDATE a SET x = x + 1; CREATE TABLE b (y)' },
  ];

  function file(): { path: string; handle: () => Database } {
    const path = join(temporaryDirectory(), 'ledger.db');
    const handle = () => {
      const database = openSqlite(path);
      onTestFinished(() => void database.close());
      return database;
    };
    return { path, handle };
  }

  test('takes the steps in order, each once, and writes down when', () => {
    const database = file().handle();
    migrate(database, NOW, STEPS.slice(0, 2));
    migrate(database, new Date('2025-02-01T00:00:00Z'), STEPS);
    migrate(database, NOW, STEPS);
    expect(database.prepare('SELECT x FROM a').pluck().all()).toEqual([11]);
    expect(database.prepare('SELECT * FROM schema_migrations').raw().all()).toEqual([
      [1, 'one', '2025-01-02T03:04:05.678Z'],
      [2, 'two', '2025-01-02T03:04:05.678Z'],
      [3, 'three', '2025-02-01T00:00:00.000Z'],
    ]);
  });

  test('keeps what was done before a step that fails, and nothing of that step', () => {
    const database = file().handle();
    const broken = { version: 3, name: 'broken', sql: 'UPDATE a SET x = 99; CREATE TABLE b (y); NONSENSE' };
    expect(() => migrate(database, NOW, [...STEPS.slice(0, 2), broken])).toThrow('syntax error');
    expect(schemaVersion(database)).toBe(2);
    expect(contents(database)).toEqual({
      a: [{ x: 10 }],
      schema_migrations: [expect.anything(), expect.anything()],
    });
    migrate(database, NOW, STEPS);
    expect(database.prepare('SELECT x FROM a').pluck().all()).toEqual([11]);
  });

  test('does a step once although another program did it after this one had looked', () => {
    const { handle } = file();
    const [one, other] = [handle(), handle()];
    const overtaken = Object.assign([...STEPS], {
      *[Symbol.iterator]() {
        migrate(other, NOW, STEPS);
        yield* STEPS;
      },
    });
    migrate(one, NOW, overtaken);
    expect(one.prepare('SELECT x FROM a').pluck().all()).toEqual([11]);
    expect(schemaVersion(one)).toBe(3);
  });

  test('makes one ledger of many programs that start at once', async () => {
    const directory = temporaryDirectory();
    const module = fileURLToPath(new URL('./database.ts', import.meta.url));
    const script = `
      import { openLedgerDatabase } from ${JSON.stringify(module)};
      openLedgerDatabase(${JSON.stringify(directory)}, new Date()).close();
    `;
    const programs = Array.from({ length: 4 }, () =>
      spawn(
        process.execPath,
        ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', script],
        {
          stdio: 'inherit',
        },
      ),
    );
    const codes = await Promise.all(programs.map(async (program) => (await once(program, 'exit'))[0]));
    expect(codes).toEqual([0, 0, 0, 0]);
    const database = openLedgerForLooking(directory, NOW);
    onTestFinished(() => void database.close());
    expect(database.prepare('SELECT COUNT(*) FROM schema_migrations').pluck().get()).toBe(LATEST_VERSION);
  });
});

describe('a ledger written by a newer program', () => {
  const NEWER = {
    code: 'ERR_RC_LEDGER_NEWER',
    exitCode: ExitCode.CANTCREAT,
    hint: expect.stringContaining('newer'),
  };

  function newerLedger(): { directory: string; bytes: Buffer } {
    const directory = temporaryDirectory();
    const database = openSqlite(ledgerPath(directory));
    const next = { version: LATEST_VERSION + 1, name: 'from the future', sql: 'CREATE TABLE future (x)' };
    migrate(database, NOW, [...migrations, next]);
    database.close();
    return { directory, bytes: readFileSync(ledgerPath(directory)) };
  }

  test.each([
    ['to write', openLedgerDatabase],
    ['to look', openLedgerForLooking],
  ])('is refused %s, and left byte for byte as it was', (_, open) => {
    const { directory, bytes } = newerLedger();
    let thrown: unknown;
    try {
      open(directory, NOW).close();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject(NEWER);
    expect(readFileSync(ledgerPath(directory)).equals(bytes)).toBe(true);
  });

  test('is not newer when it is of this version', () => {
    const database = openSqlite(':memory:');
    onTestFinished(() => void database.close());
    migrate(database, NOW);
    expect(() => refuseNewerLedger(database)).not.toThrow();
    expect(() => refuseNewerLedger(database, LATEST_VERSION - 1)).toThrow('nothing was changed');
  });
});

test('a file of no bytes is an empty ledger, and looking leaves it so', () => {
  const directory = temporaryDirectory();
  writeFileSync(ledgerPath(directory), '');
  const looking = openLedgerForLooking(directory, NOW);
  expect(looking.prepare('SELECT COUNT(*) FROM whatsapp_notifications').pluck().get()).toBe(0);
  looking.close();
  expect(readFileSync(ledgerPath(directory))).toHaveLength(0);
});
