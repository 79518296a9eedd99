import { chmodSync, existsSync, lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf, RcError } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Clock } from '../../io.ts';
import { makeDirectory } from '../../make-directory.ts';
import type { Chromium } from './chromium.ts';
import {
  type CopyOptions,
  type CopyOutcome,
  dropPartialCopy,
  keepCopy,
  listCopies,
  type ProfileCopy,
  type ProfilePaths,
} from './profile-copies.ts';
import { freeProfile, holderOf, profileInUse } from './profile-lock.ts';
import { changeRecord, readRecord } from './profile-record.ts';
import { finishRestore, isRestoring, restoreCopy } from './profile-restore.ts';

/** Chromium's user data directory with the linked session, and all that is kept about it. Used under the scan lock. */
export interface Profile {
  /** `<state>/whatsapp` */
  readonly home: string;
  /** `<state>/whatsapp/session`, what `--user-data-dir` names. */
  readonly directory: string;
  readonly screenshots: string;
  /** Whether there is anything that may hold a session. */
  exists(): boolean;
  /**
   * Makes the directories (0700), waits for a browser that is still closing, removes a dead holder's lock files and
   * finishes what a killed run left half done. Throws RcError 75 where another browser has the profile open, 73 where
   * the directories can not be used.
   */
  prepare(clock: Clock): Promise<void>;
  /** To be called before each launch. Throws RcError 73. */
  markOpened(now: Date, chromium?: Chromium): void;
  /** The browser it was last opened with; null where that is not known. */
  chromium(): Chromium | null;
  /** To be called after a clean close alone. Never throws: unwritten, the close counts as unclean. */
  markClosed(now: Date): void;
  lastCloseWasUnclean(): boolean;
  /** Whole ones alone, newest first. */
  copies(): readonly ProfileCopy[];
  /** Copies the profile after a clean close; does nothing after another. Never throws. */
  keepCopy(now: Date, options: CopyOptions): Promise<CopyOutcome>;
  /** Puts a clone of the copy in the profile's place, which is set aside. Throws RcError 75, 73. */
  restore(copy: ProfileCopy, now: Date): Promise<void>;
  /** The copy the profile was put back from, until the profile itself is copied again; null where none was, or it is gone. */
  restoredFrom(): ProfileCopy | null;
  /** WhatsApp did not accept it. Throws RcError 73. */
  markRefused(copy: ProfileCopy): void;
  /** The number was linked anew: every copy made before is of a link that is no more. Throws RcError 73. */
  markLinked(): void;
}

export function profileOf(stateDirectory: string): Profile {
  const home = join(stateDirectory, 'whatsapp');
  const paths: ProfilePaths = {
    home,
    session: join(home, 'session'),
    copies: join(home, 'copies'),
    record: join(home, 'profile.json'),
  };
  const isUnclean = () => {
    const { openedAt, closedAt } = readRecord(paths.record);
    return openedAt !== null && closedAt === null;
  };
  return {
    home,
    directory: paths.session,
    screenshots: join(home, 'screenshots'),
    exists: () => existsSync(join(paths.session, 'Default')) || isRestoring(paths),
    prepare: (clock) => prepare(paths, clock),
    markOpened: (now, chromium) => {
      const opened = { openedAt: now.toISOString(), closedAt: null };
      orCanNotUse(home, () => changeRecord(paths.record, { ...opened, ...(chromium && { chromium }) }));
    },
    chromium: () => readRecord(paths.record).chromium,
    markClosed: (now) => markClosed(paths, now),
    lastCloseWasUnclean: isUnclean,
    copies: () => listCopies(paths),
    keepCopy: async (now, options) =>
      isUnclean() || holderOf(paths.session) !== null
        ? { copy: null, warning: null }
        : keepCopy(paths, now, options),
    restore: (copy, now) => restore(paths, copy, now),
    restoredFrom: () => {
      const { restoredFrom } = readRecord(paths.record);
      return listCopies(paths).find(({ path }) => basename(path) === restoredFrom) ?? null;
    },
    markRefused: (copy) => refuse(paths, [copy]),
    markLinked: () => refuse(paths, listCopies(paths)),
  };
}

async function prepare(paths: ProfilePaths, clock: Clock): Promise<void> {
  orCanNotUse(paths.home, () => makePrivate(paths.home));
  try {
    await freeProfile(paths.session, clock);
  } catch (thrown) {
    throw thrown instanceof RcError ? thrown : canNotUse(paths.home, thrown);
  }
  orCanNotUse(paths.home, () => {
    dropPartialCopy(paths);
    finishRestore(paths, clock.now());
    makePrivate(paths.session);
  });
}

function makePrivate(directory: string): void {
  if (makeDirectory(directory, 0o700)) return;
  if ((lstatSync(directory).mode & 0o077) !== 0) chmodSync(directory, 0o700);
}

function markClosed(paths: ProfilePaths, now: Date): void {
  try {
    changeRecord(paths.record, { closedAt: now.toISOString() });
  } catch {
    // All it costs is that a copy may be offered where the profile does not open.
  }
}

async function restore(paths: ProfilePaths, copy: ProfileCopy, now: Date): Promise<void> {
  const holder = holderOf(paths.session);
  if (holder !== null) throw profileInUse(paths.session, holder);
  try {
    await restoreCopy(paths, copy, now);
  } catch (thrown) {
    throw canNotUse(paths.home, thrown);
  }
}

function refuse(paths: ProfilePaths, more: readonly ProfileCopy[]): void {
  const names = [...listCopies(paths).filter(({ refused }) => refused), ...more].map(({ path }) =>
    basename(path),
  );
  orCanNotUse(paths.home, () => changeRecord(paths.record, { refused: [...new Set(names)] }));
}

function orCanNotUse<T>(directory: string, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    throw canNotUse(directory, thrown);
  }
}

function canNotUse(directory: string, thrown: unknown): RcError {
  return new RcError({
    code: 'ERR_RC_PROFILE_DIRECTORY',
    message: `The WhatsApp profile's directory can not be used: ${messageOf(thrown)}; nothing was sent.`,
    hint: `Make ${directory} writable for this user, with room on its disk (df -h ${directory}).`,
    exitCode: ExitCode.CANTCREAT,
    cause: thrown,
  });
}
