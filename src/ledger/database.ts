import { closeSync, openSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { translateLedgerError } from './ledger-errors.ts';
import { LATEST_VERSION, migrate, refuseNewerLedger, schemaVersion } from './migrate.ts';
import { openSqlite } from './sqlite.ts';
import { ensureStateDirectory, ledgerExists, ledgerPath, refuseForeignOwner } from './state-directory.ts';

const BUSY_TIMEOUT_MS = 5_000;
// Offsets in the header of an SQLite file: https://sqlite.org/fileformat.html#the_database_header
const WAL_WRITE_VERSION = 18;
const WAL_READ_VERSION = 19;
const ROLLBACK_JOURNAL = 1;

/** Opens the ledger for reading and writing, making and migrating it where needed. Throws RcError 73. */
export function openLedgerDatabase(directory: string, now: Date): Database {
  refuseForeignOwner(directory);
  ensureStateDirectory(directory);
  const file = ledgerPath(directory);
  return connecting(file, () => {
    if (!ledgerExists(directory)) closeSync(openSync(file, 'a', 0o600));
    const database = openSqlite(file, { timeout: BUSY_TIMEOUT_MS });
    prepare(database, () => {
      refuseNewerLedger(database);
      database.pragma('journal_mode = WAL');
      // WAL's default is NORMAL: a power cut could then lose the last commit, which would be a second message.
      database.pragma('synchronous = FULL');
      database.pragma('foreign_keys = ON');
      migrate(database, now);
    });
    return database;
  });
}

/**
 * Opens the ledger to look at it: nothing is created and nothing changed. No ledger = an empty one in memory;
 * a ledger of an older version is brought up to date in a copy in memory. Throws RcError 73.
 */
export function openLedgerForLooking(directory: string, now: Date): Database {
  refuseForeignOwner(directory);
  if (!ledgerExists(directory)) return emptyLedger(now);
  const file = ledgerPath(directory);
  return connecting(file, () => {
    const database = openSqlite(file, { timeout: BUSY_TIMEOUT_MS, fileMustExist: true });
    prepare(database, () => refuseNewerLedger(database));
    if (schemaVersion(database) < LATEST_VERSION) return migratedCopy(database, now);
    database.pragma('query_only = ON');
    return database;
  });
}

function emptyLedger(now: Date): Database {
  const database = openSqlite(':memory:');
  migrate(database, now);
  return database;
}

function migratedCopy(database: Database, now: Date): Database {
  // Serializing writes the first page of a file of no bytes.
  if (database.pragma('page_count', { simple: true }) === 0) {
    database.close();
    return emptyLedger(now);
  }
  const image = database.serialize();
  database.close();
  // An image in WAL mode can not be opened in memory: https://sqlite.org/c3ref/deserialize.html
  image[WAL_WRITE_VERSION] = image[WAL_READ_VERSION] = ROLLBACK_JOURNAL;
  const copy = openSqlite(image);
  migrate(copy, now);
  return copy;
}

function prepare(database: Database, step: () => void): void {
  try {
    step();
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function connecting(file: string, open: () => Database): Database {
  try {
    return open();
  } catch (thrown) {
    throw translateOpenError(thrown, file);
  }
}

function translateOpenError(thrown: unknown, file: string): unknown {
  const code = (thrown as NodeJS.ErrnoException | null)?.code;
  const asSqlite: Record<string, string> = {
    EACCES: 'SQLITE_CANTOPEN',
    EPERM: 'SQLITE_CANTOPEN',
    EISDIR: 'SQLITE_CANTOPEN',
    EROFS: 'SQLITE_READONLY',
    ENOSPC: 'SQLITE_FULL',
  };
  const equivalent = code === undefined ? undefined : asSqlite[code];
  if (equivalent === undefined) return translateLedgerError(thrown, file);
  const error = Object.assign(new Error(code), { name: 'SqliteError', code: equivalent });
  return translateLedgerError(error, file);
}
