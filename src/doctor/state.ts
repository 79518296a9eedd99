import { accessSync, constants, existsSync, lstatSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { refuseForeignOwner } from '../ledger/state-directory.ts';
import { type Finding, failedWith, failure, ok, warning } from './finding.ts';

const NAME = 'state';
const MIB = 1024 * 1024;
/** Below it SQLite and Chromium fail in the middle of their work. */
const TOO_LITTLE = 20 * MIB;
/** A profile with its three copies. */
const LITTLE = 500 * MIB;
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
    const { bavail, bsize } = statfsSync(place);
    const room = roomFinding(directory, place, exists, bavail * bsize);
    return [room, ...(exists ? modes([directory, join(directory, 'whatsapp')]) : [])];
  } catch (thrown) {
    const next = `Make ${directory} writable for this user (uid ${process.geteuid?.()}), or set state.directory`;
    return [failure(NAME, `It can not be used: ${messageOf(thrown)}.`, next, ExitCode.CANTCREAT)];
  }
}

function nearest(directory: string): string {
  const parent = dirname(directory);
  return existsSync(parent) || parent === directory ? parent : nearest(parent);
}

function roomFinding(directory: string, place: string, exists: boolean, free: number): Finding {
  const what = exists ? directory : `${directory}, which the first scan makes`;
  const room = `${what}; ${free < 10 * 1024 * MIB ? `${Math.floor(free / MIB)} MiB` : `${Math.floor(free / MIB / 1024)} GiB`} free`;
  const mend = `Make room there: df -h ${place}`;
  if (free < TOO_LITTLE) return failure(NAME, room, mend, ExitCode.CANTCREAT);
  return free < LITTLE ? warning(NAME, room, mend) : ok(NAME, room);
}

function modes(directories: readonly string[]): Finding[] {
  return directories
    .filter((path) => ((lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & BY_OTHERS) !== 0)
    .map((path) => warning(NAME, `Other users may look into ${path}.`, `chmod 0700 ${path}`));
}
