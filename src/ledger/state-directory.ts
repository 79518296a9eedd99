import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { makeDirectory } from '../make-directory.ts';
import { asUser, giveTo, userName } from '../users.ts';

const LEDGER_FILE = 'ledger.db';

/** The ledger's path inside a state directory. */
export function ledgerPath(directory: string): string {
  return join(directory, LEDGER_FILE);
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cannotUse(path, thrown);
  }
}

function cannotUse(path: string, thrown: unknown): RcError {
  return new RcError({
    code: 'ERR_RC_STATE_DIRECTORY',
    message: `The state directory can not be used: ${messageOf(thrown)}.`,
    hint: `Make ${path} readable and writable for this user, or set state.directory (rc-notify config show).`,
    exitCode: ExitCode.CANTCREAT,
    cause: thrown,
  });
}

/**
 * Refuses (73) the state of another user, also before there is a ledger, and root included: what root writes there its
 * owner can not use, and who may not look into it would see an empty ledger. Where the directory is not another's alone,
 * the ledger decides.
 */
export function refuseForeignOwner(directory: string, uid: number | undefined = process.geteuid?.()): void {
  if (uid === undefined) return;
  const found = statOrNull(directory);
  if (found === null) return;
  const isForeign = found.uid !== uid && (uid === 0 || !mayWrite(directory));
  const file = ledgerPath(directory);
  const owner = isForeign ? found.uid : (statOrNull(file)?.uid ?? uid);
  if (owner === uid) return;
  const name = userName(owner);
  // Restored by root, say, who would be refused here as well.
  const isOwnDirectory = found.uid === uid && uid !== 0;
  throw new RcError({
    code: 'ERR_RC_LEDGER_OWNER',
    message: `The state in ${directory} belongs to user ${name}; nothing was read or written.`,
    hint: isOwnDirectory
      ? `The directory is yours, ${file} is not: ${giveTo(uid, file)}`
      : `Run it as that user: ${asUser(name)}`,
    exitCode: ExitCode.CANTCREAT,
  });
}

function mayWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch (thrown) {
    // A read-only file system, say, is told where it is written to.
    return (thrown as NodeJS.ErrnoException).code !== 'EACCES';
  }
}

/** Makes the state directory (0700) where it does not exist. Throws RcError 73. */
export function ensureStateDirectory(directory: string): void {
  try {
    makeDirectory(directory, 0o700);
  } catch (thrown) {
    throw cannotUse(directory, thrown);
  }
}

/** Whether a ledger exists there. */
export function ledgerExists(directory: string): boolean {
  return statOrNull(ledgerPath(directory)) !== null;
}
