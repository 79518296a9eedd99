import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { openSqlite } from './sqlite.ts';
import { ensureStateDirectory, refuseForeignOwner } from './state-directory.ts';

const LOCK_FILE = 'scan.lock';
const HOLDER_FILE = 'scan.lock.holder';
/** Of two runs that reach for it in the same instant one gets it, and the other can read who. */
const PATIENCE_MS = 250;

export interface LockHolder {
  readonly command: string;
  readonly pid: number;
  /** UTC, ISO 8601. */
  readonly since: string;
}

export interface ScanLock {
  release(): void;
}

/**
 * Takes the lock that keeps two runs apart. The kernel holds it (SQLite's lock on an otherwise empty file), so a killed
 * run leaves nothing stale. Throws RcError 75 naming the holder, 73 where the state directory can not be used.
 */
export function acquireScanLock(directory: string, holder: LockHolder): ScanLock {
  refuseForeignOwner(directory);
  ensureStateDirectory(directory);
  const file = join(directory, LOCK_FILE);
  const database = openLockFile(file);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    database.close();
    if ((thrown as { code?: string }).code === 'SQLITE_BUSY') throw lockedBy(readHolder(directory));
    throw notUsable(file, thrown);
  }
  writeHolder(directory, holder);
  return { release: () => void database.close() };
}

/** Whether a run holds the lock, and which; without taking it, or leaving anything behind. Throws RcError 73. */
export function lookAtScanLock(directory: string): {
  readonly isHeld: boolean;
  readonly holder: LockHolder | null;
} {
  refuseForeignOwner(directory);
  const file = join(directory, LOCK_FILE);
  if (!existsSync(file)) return { isHeld: false, holder: null };
  try {
    const database = openSqlite(file, { readonly: true, fileMustExist: true, timeout: 0 });
    try {
      database.prepare('SELECT 1 FROM sqlite_master').get();
    } finally {
      database.close();
    }
  } catch (thrown) {
    if ((thrown as { code?: string }).code === 'SQLITE_BUSY')
      return { isHeld: true, holder: readHolder(directory) };
    throw notUsable(file, thrown);
  }
  return { isHeld: false, holder: null };
}

function writeHolder(directory: string, holder: LockHolder): void {
  try {
    writeFileSync(join(directory, HOLDER_FILE), JSON.stringify(holder), { mode: 0o600 });
  } catch {
    // Only a courtesy to the next run: the lock itself is held. A full disk is reported by the ledger.
  }
}

/** Who holds, or last held, the lock; null where nobody ever did or it can not be read. */
function readHolder(directory: string): LockHolder | null {
  try {
    const found: unknown = JSON.parse(readFileSync(join(directory, HOLDER_FILE), 'utf8'));
    return isHolder(found) ? found : null;
  } catch {
    return null;
  }
}

function isHolder(found: unknown): found is LockHolder {
  const { command, pid, since } = (found ?? {}) as Record<string, unknown>;
  return (
    typeof command === 'string' &&
    Number.isInteger(pid) &&
    typeof since === 'string' &&
    !Number.isNaN(Date.parse(since))
  );
}

function makePrivateFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
  }
}

function openLockFile(file: string): Database {
  try {
    makePrivateFile(file);
    // Of a file that it may only read SQLite takes no exclusive lock, and says nothing.
    accessSync(file, constants.W_OK);
    return openSqlite(file, { timeout: PATIENCE_MS });
  } catch (thrown) {
    throw notUsable(file, thrown);
  }
}

function notUsable(file: string, thrown: unknown): RcError {
  if (thrown instanceof RcError) return thrown;
  const code = (thrown as NodeJS.ErrnoException).code ?? messageOf(thrown);
  const isDamaged = code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT';
  return new RcError({
    code: 'ERR_RC_STATE_DIRECTORY',
    message: `The scan lock ${file} can not be used (${code}); nothing was read or sent.`,
    hint: isDamaged
      ? 'It holds nothing: remove it while no rc-notify runs, then run rc-notify scan again.'
      : 'Make it and the state directory writable for this user; what is in the way: rc-notify doctor',
    exitCode: ExitCode.CANTCREAT,
    cause: thrown,
  });
}

function lockedBy(holder: LockHolder | null): RcError {
  const who =
    holder === null
      ? 'another run'
      : `rc-notify ${holder.command} (process ${holder.pid}), since ${holder.since}`;
  return new RcError({
    code: 'ERR_RC_LOCKED',
    message: `The lock is held by ${who}; nothing was done.`,
    hint: 'Wait until it has ended; the next scheduled scan takes up everything. To see it: rc-notify history',
    exitCode: ExitCode.TEMPFAIL,
  });
}
