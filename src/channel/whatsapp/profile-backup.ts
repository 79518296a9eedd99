import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf, RcError } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Profile } from './profile.ts';
import { cloneProfile } from './profile-clone.ts';

/**
 * Puts the newest copy that WhatsApp has not refused into `target`, a directory that exists, also while a scan runs: copies
 * are never changed. Returns its path there; null where there is none. Throws RcError 73.
 */
export async function backUpProfile(profile: Profile, target: string): Promise<string | null> {
  const copy = profile.copies().find(({ refused }) => !refused);
  if (copy === undefined) return null;
  const path = join(target, `whatsapp-${basename(copy.path)}`);
  if (existsSync(path)) return path;
  const partial = `${path}.partial-${process.pid}`;
  try {
    await cloneProfile(copy.path, partial);
    renameSync(partial, path);
    return path;
  } catch (thrown) {
    rmSync(partial, { recursive: true, force: true });
    if (existsSync(path)) return path;
    throw new RcError({
      code: 'ERR_RC_BACKUP_PROFILE',
      message: `The ledger was backed up, the copy of the WhatsApp session was not: ${messageOf(thrown)}.`,
      hint: `Make room in ${target}, then run rc-notify backup again.`,
      exitCode: ExitCode.CANTCREAT,
      cause: thrown,
    });
  }
}
