import { accessSync, constants, existsSync, lstatSync, type StatsFs, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { refuseForeignOwner } from '../ledger/state-directory.ts';
import { type Finding, failedWith, failure, ok, warning } from './finding.ts';
import { checkStrays } from './strays.ts';

const NAME = 'state';
const MIB = 1024 * 1024;
/** Below it SQLite and Chromium fail in the middle of their work. */
const TOO_LITTLE = 20 * MIB;
/** A profile with its three copies. */
const LITTLE = 500 * MIB;
/** How many more files: a ledger and what a scan makes beside it. */
const TOO_FEW_FILES = 20;
/** A profile with its three copies. */
const FEW_FILES = 5000;
const BY_OTHERS = 0o077;

/** Whether the state is another user's; null = it is not. */
export function checkOwner(directory: string): Finding | null {
  try {
    refuseForeignOwner(directory);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    return failedWith(NAME, thrown);
  }
}

/** The state directory: whether it can be written, its mode, and the room on its disk. */
export function checkState(directory: string): Finding[] {
  try {
    const exists = existsSync(directory);
    const place = exists ? directory : nearest(directory);
    accessSync(place, constants.W_OK | constants.X_OK);
    const what = exists ? directory : `${directory}, which the first scan makes`;
    const room = roomFinding(what, place, statfsSync(place));
    if (!exists) return [room];
    return [room, ...checkStrays(NAME, directory), ...modes([directory, join(directory, 'whatsapp')])];
  } catch (thrown) {
    const next = `Make ${directory} writable for this user (uid ${process.geteuid?.()}), or set state.directory`;
    return [failure(NAME, `It can not be used: ${messageOf(thrown)}.`, next, ExitCode.CANTCREAT)];
  }
}

function nearest(directory: string): string {
  const parent = dirname(directory);
  return existsSync(parent) || parent === directory ? parent : nearest(parent);
}

function roomFinding(what: string, place: string, { bavail, bsize, files, ffree }: StatsFs): Finding {
  const free = bavail * bsize;
  // Some file systems, btrfs for one, count no files.
  const freeFiles = files === 0 ? Number.POSITIVE_INFINITY : ffree;
  const size =
    free < 10 * 1024 * MIB ? `${Math.floor(free / MIB)} MiB` : `${Math.floor(free / MIB / 1024)} GiB`;
  const isShortOfFiles = freeFiles < FEW_FILES;
  const room = `${what}; ${size} free${isShortOfFiles ? `, for no more than ${freeFiles} files` : ''}`;
  const mend = `Make room there: df ${isShortOfFiles ? '-i' : '-h'} ${place}`;
  if (free < TOO_LITTLE || freeFiles < TOO_FEW_FILES) return failure(NAME, room, mend, ExitCode.CANTCREAT);
  return free < LITTLE || isShortOfFiles ? warning(NAME, room, mend) : ok(NAME, room);
}

function modes(directories: readonly string[]): Finding[] {
  return directories
    .filter((path) => ((lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & BY_OTHERS) !== 0)
    .map((path) => warning(NAME, `Other users may look into ${path}.`, `chmod 0700 ${path}`));
}
