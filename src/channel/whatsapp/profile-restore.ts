import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cloneProfile } from './profile-clone.ts';
import { namesIn, type ProfileCopy, type ProfilePaths, stampOf } from './profile-copies.ts';
import { changeRecord, sync } from './profile-record.ts';

const SET_ASIDE = /^session\.before-restore-/;
const KEPT_ASIDE = 2;

/**
 * Puts a clone of the copy in the session's place; the session itself is set aside. Once the clone is whole the restore
 * is decided, and one that is killed from there on is finished by the next run (`finishRestore`).
 */
export async function restoreCopy(paths: ProfilePaths, copy: ProfileCopy, now: Date): Promise<void> {
  const partial = partialOf(paths);
  rmSync(partial, { recursive: true, force: true });
  await cloneProfile(copy.path, partial);
  // Copies are made after clean closes alone. Written first: a kill between here and the swap must not forget it.
  changeRecord(paths.record, { restoredFrom: basename(copy.path), openedAt: null, closedAt: null });
  renameSync(partial, restoringOf(paths));
  sync(paths.home);
  finishRestore(paths, now);
}

/** Ends a restore wherever it was cut off: an incomplete clone goes, a complete one takes the session's place. */
export function finishRestore(paths: ProfilePaths, now: Date): void {
  rmSync(partialOf(paths), { recursive: true, force: true });
  if (!isRestoring(paths)) return;
  if (existsSync(paths.session)) renameSync(paths.session, `${paths.session}.before-restore-${stampOf(now)}`);
  renameSync(restoringOf(paths), paths.session);
  sync(paths.home);
  const setAside = namesIn(paths.home)
    .filter((name) => SET_ASIDE.test(name))
    .sort()
    .reverse();
  for (const name of setAside.slice(KEPT_ASIDE))
    rmSync(join(paths.home, name), { recursive: true, force: true });
}

/** Whether a restore was decided and not finished: the profile that counts is not in its place yet. */
export function isRestoring(paths: ProfilePaths): boolean {
  return existsSync(restoringOf(paths));
}

function partialOf({ session }: ProfilePaths): string {
  return `${session}.partial`;
}

function restoringOf({ session }: ProfilePaths): string {
  return `${session}.restoring`;
}
