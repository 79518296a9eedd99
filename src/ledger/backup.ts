import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { makeDirectory } from '../make-directory.ts';
import { translateLedgerError } from './ledger-errors.ts';
import { schemaVersion } from './migrate.ts';
import { openSqlite } from './sqlite.ts';
import { ledgerExists, ledgerPath, refuseForeignOwner } from './state-directory.ts';

const BUSY_TIMEOUT_MS = 5_000;

export interface Backup {
  readonly path: string;
  readonly bytes: number;
  /** Notifications in it. */
  readonly rows: number;
}

interface Claimed {
  readonly path: string;
  /** Holds the copy until it is whole. */
  readonly partial: string;
}

/**
 * Copies the ledger, whatever its version, into `target` (absolute; made 0700 where missing) while a scan may write to
 * it, beside other backups too. The copy has its name only once it is whole and checked; none is ever overwritten.
 * Throws RcError: 1 where there is no ledger, 73 where it can not be read or the copy can not be written.
 */
export async function backUpLedger(directory: string, target: string, now: Date): Promise<Backup> {
  const source = openSource(directory);
  try {
    return await copyTo(claimName(target, now), source);
  } catch (thrown) {
    throw translate(thrown, target, ledgerPath(directory));
  } finally {
    source.close();
  }
}

async function copyTo({ path, partial }: Claimed, source: Database): Promise<Backup> {
  try {
    const rows = countRows(source);
    await source.backup(partial);
    checkCopy(partial, rows);
    renameSync(partial, path);
    syncDirectory(dirname(path));
    return { path, bytes: statSync(path).size, rows };
  } catch (thrown) {
    removePartial(partial);
    throw thrown;
  }
}

/** In a read transaction: what is copied is one moment of the ledger, and commits of a scan do not start it anew. */
function openSource(directory: string): Database {
  refuseForeignOwner(directory);
  if (!ledgerExists(directory)) throw nothingToBackUp(directory);
  const file = ledgerPath(directory);
  try {
    const source = openSqlite(file, { timeout: BUSY_TIMEOUT_MS, fileMustExist: true });
    source.pragma('query_only = ON');
    source.exec('BEGIN');
    if (schemaVersion(source) > 0) return source;
    source.close();
  } catch (thrown) {
    throw translateLedgerError(thrown, file);
  }
  throw nothingToBackUp(directory);
}

/** A name of the second, numbered where there are several: it belongs to whoever made the partial file of that name. */
function claimName(target: string, now: Date): Claimed {
  makeDirectory(target, 0o700);
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  for (let number = 1; ; number += 1) {
    const path = join(target, `ledger-${stamp}${number === 1 ? '' : `-${number}`}.db`);
    const partial = `${path}.partial`;
    if (!made(partial)) continue;
    if (!existsSync(path)) return { path, partial };
    rmSync(partial, { force: true });
  }
}

function made(partial: string): boolean {
  try {
    closeSync(openSync(partial, 'wx', 0o600));
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}

function removePartial(partial: string): void {
  try {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(`${partial}${suffix}`, { force: true });
  } catch {
    // What went wrong first is what the operator needs to hear.
  }
}

function countRows(database: Database): number {
  return database.prepare('SELECT COUNT(*) FROM whatsapp_notifications').pluck().get() as number;
}

function checkCopy(partial: string, rows: number): void {
  const copy = openSqlite(partial, { fileMustExist: true });
  try {
    const verdict = copy.pragma('integrity_check', { simple: true });
    if (verdict !== 'ok') throw damaged(String(verdict));
    if (countRows(copy) !== rows) throw damaged('rows are missing');
    // Out of WAL mode the copy is one file, which can be read where nothing can be written.
    copy.pragma('journal_mode = DELETE');
  } finally {
    copy.close();
  }
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

function nothingToBackUp(directory: string): RcError {
  return new RcError({
    code: 'ERR_RC_NO_LEDGER',
    message: `There is no ledger in ${directory} yet, so there is nothing to back up.`,
    hint: 'The first scan makes it: rc-notify scan. Is it another directory? rc-notify config show',
    exitCode: ExitCode.FAILED,
  });
}

function damaged(verdict: string): RcError {
  return new RcError({
    code: 'ERR_RC_LEDGER_UNREADABLE',
    message: `The copy failed its check and was removed, so the ledger itself may be damaged: ${verdict}.`,
    hint: 'Keep the earlier copies, check the disk (dmesg), then run rc-notify backup again.',
    exitCode: ExitCode.CANTCREAT,
  });
}

function translate(thrown: unknown, target: string, ledger: string): unknown {
  const code = (thrown as { code?: unknown } | null)?.code;
  if (thrown instanceof RcError || typeof code !== 'string') return thrown;
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return translateLedgerError(thrown, ledger);
  const text = messageOf(thrown);
  const reason = text.startsWith(code) ? text : `${code}: ${text}`;
  return new RcError({
    code: 'ERR_RC_BACKUP_TARGET',
    message: `The copy can not be written to ${target} (${reason}); the ledger is untouched.`,
    hint: 'Name a directory with enough room that this user may write to: rc-notify backup DIR',
    exitCode: ExitCode.CANTCREAT,
    cause: thrown,
  });
}
