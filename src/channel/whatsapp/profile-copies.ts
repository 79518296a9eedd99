import { readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf } from '../../errors.ts';
import { makeDirectory } from '../../make-directory.ts';
import { cloneProfile } from './profile-clone.ts';
import { changeRecord, readRecord, sync } from './profile-record.ts';

/** Where everything about one profile lives; all absolute. */
export interface ProfilePaths {
  readonly home: string;
  readonly session: string;
  readonly copies: string;
  readonly record: string;
}

export interface ProfileCopy {
  readonly path: string;
  readonly takenAt: Date;
  /** Not to be tried again by itself: WhatsApp did not accept it, or the number was linked anew since. */
  readonly refused: boolean;
}

export interface CopyOptions {
  /** Nothing is copied while the newest copy is younger than this. */
  readonly atLeastEveryMs: number;
  /** Gives the copy up, leaving nothing of it. */
  readonly signal?: AbortSignal;
}

/** Without a copy and without a warning, none was due. */
export interface CopyOutcome {
  readonly copy: ProfileCopy | null;
  /** Why a copy that was due could not be made: a clause. It never fails a scan. */
  readonly warning: string | null;
}

const GENERATIONS = 3;
const PARTIAL = 'partial';
const STAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** `20261122T113640Z` */
export function stampOf(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** Newest first. Only whole copies have a time for a name. */
export function listCopies(paths: ProfilePaths): ProfileCopy[] {
  const { refused } = readRecord(paths.record);
  return namesIn(paths.copies)
    .filter((name) => STAMP.test(name))
    .sort()
    .reverse()
    .map((name) => ({
      path: join(paths.copies, name),
      takenAt: new Date(name.replace(STAMP, '$1-$2-$3T$4:$5:$6Z')),
      refused: refused.includes(name),
    }));
}

/** Copies the closed profile where that is due, and drops the oldest of more than three. Never throws. */
export async function keepCopy(
  paths: ProfilePaths,
  now: Date,
  { atLeastEveryMs, signal }: CopyOptions,
): Promise<CopyOutcome> {
  const [newest] = listCopies(paths);
  const ageMs = newest === undefined ? Number.POSITIVE_INFINITY : now.getTime() - newest.takenAt.getTime();
  // A copy from the future was made before the clock was set back.
  if (ageMs >= 0 && ageMs < atLeastEveryMs) return { copy: null, warning: null };
  const name = stampOf(now);
  try {
    dropPartialCopy(paths);
    makeDirectory(paths.copies, 0o700);
    await cloneProfile(paths.session, join(paths.copies, PARTIAL), signal);
    renameSync(join(paths.copies, PARTIAL), join(paths.copies, name));
    sync(paths.copies);
    // What is copied after a clean close proved itself: the next damage may be answered with a copy again.
    changeRecord(paths.record, { restoredFrom: null });
    dropOldest(paths, name);
  } catch (thrown) {
    return { copy: null, warning: `the WhatsApp profile was not copied: ${withoutPartial(paths, thrown)}` };
  }
  return { copy: listCopies(paths).find(({ path }) => basename(path) === name) ?? null, warning: null };
}

/** What a copy that was killed left behind. */
export function dropPartialCopy(paths: ProfilePaths): void {
  rmSync(join(paths.copies, PARTIAL), { recursive: true, force: true });
}

function withoutPartial(paths: ProfilePaths, thrown: unknown): string {
  try {
    dropPartialCopy(paths);
  } catch {
    // The next run removes it; what went wrong first says more.
  }
  return messageOf(thrown);
}

function dropOldest(paths: ProfilePaths, justMade: string): void {
  const others = listCopies(paths).filter(({ path }) => basename(path) !== justMade);
  for (const { path } of others.slice(GENERATIONS - 1)) drop(path);
}

/** Under another name first, so that half of it never passes for a copy. */
function drop(path: string): void {
  const doomed = join(path, '..', PARTIAL);
  renameSync(path, doomed);
  rmSync(doomed, { recursive: true, force: true });
}

export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
