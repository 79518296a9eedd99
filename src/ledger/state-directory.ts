import { readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { makeDirectory } from '../make-directory.ts';

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

function userName(uid: number): string {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.split(':')[2] === String(uid));
    return line?.split(':')[0] ?? `'#${uid}'`;
  } catch {
    return `'#${uid}'`;
  }
}

/**
 * Refuses (73) a ledger of another user, root included: reading it would leave files behind that its owner can not use.
 */
export function refuseForeignOwner(directory: string, uid: number | undefined = process.geteuid?.()): void {
  if (uid === undefined) return;
  const ledger = statOrNull(ledgerPath(directory));
  const owned = ledger ?? (uid === 0 ? statOrNull(directory) : null);
  if (owned === null || owned.uid === uid) return;
  const owner = userName(owned.uid);
  throw new RcError({
    code: 'ERR_RC_LEDGER_OWNER',
    message: `The state in ${directory} belongs to user ${owner}; nothing was read or written.`,
    hint: `Run it as that user: sudo -u ${owner} rc-notify ...`,
    exitCode: ExitCode.CANTCREAT,
  });
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
