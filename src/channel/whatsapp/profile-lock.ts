import { readlinkSync, realpathSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { RcError } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Clock } from '../../io.ts';
import { argumentsOf, browsersOf, endBrowser } from './processes.ts';

const LOCK = 'SingletonLock';
/** What Chromium leaves in a profile when it is killed. */
const LOCK_FILES = [LOCK, 'SingletonCookie', 'SingletonSocket'];

/** A browser whose Node was killed closes by itself, and cleanly; how long it may take. */
const CLOSING_MS = 10_000;
const POLL_MS = 100;
const DRIVEN = '--remote-debugging-pipe';

/**
 * Makes sure that no browser has the profile open. To be called under the scan lock: a browser driven over pipes is then
 * the rest of a run that was killed, which is waited for, and at last ended. The lock files of a holder that is dead, or
 * of another host's name, are removed. Throws RcError 75 where somebody else's browser has the profile.
 */
export async function freeProfile(directory: string, clock: Clock): Promise<void> {
  for (let waitedMs = 0; holderOf(directory) !== null && waitedMs < CLOSING_MS; waitedMs += POLL_MS) {
    refuseForeign(directory);
    await clock.sleep(POLL_MS);
  }
  refuseForeign(directory);
  await endBrowser({ pid: null, profileDirectory: directory }, clock);
  const holder = holderOf(directory);
  if (holder !== null) throw profileInUse(directory, holder);
  for (const name of LOCK_FILES) rmSync(join(directory, name), { force: true });
}

/** The process that has the profile open on this host, else null. */
export function holderOf(directory: string): number | null {
  const [browser] = browsersOf(directory);
  return browser ?? lockHolder(directory);
}

export function profileInUse(directory: string, pid: number): RcError {
  return new RcError({
    code: 'ERR_RC_PROFILE_IN_USE',
    message: `Another browser (process ${pid}) has the WhatsApp profile ${directory} open; nothing was sent or changed.`,
    hint: `Close that browser, or end it: kill ${pid}. Then: rc-notify scan`,
    exitCode: ExitCode.TEMPFAIL,
  });
}

function refuseForeign(directory: string): void {
  const holder = holderOf(directory);
  const args = holder === null ? [] : argumentsOf(holder);
  if (holder !== null && args.length > 0 && !args.includes(DRIVEN)) throw profileInUse(directory, holder);
}

/** SingletonLock is a link to `<host name>-<pid>` (Chromium, chrome/browser/process_singleton_posix.cc). */
function lockHolder(directory: string): number | null {
  let target: string;
  try {
    target = readlinkSync(join(directory, LOCK));
  } catch {
    return null;
  }
  const [, host, pid] = /^(.*)-(\d+)$/.exec(target) ?? [];
  return host === hostname() && hasOpen(Number(pid), directory) ? Number(pid) : null;
}

/** Whether that process was started on this profile, however the path was written. */
function hasOpen(pid: number, directory: string): boolean {
  const flag = '--user-data-dir=';
  const given = argumentsOf(pid).find((arg) => arg.startsWith(flag));
  if (given === undefined) return false;
  try {
    const path = resolve(readlinkSync(`/proc/${pid}/cwd`), given.slice(flag.length));
    return realpathSync(path) === realpathSync(directory);
  } catch {
    return false;
  }
}
