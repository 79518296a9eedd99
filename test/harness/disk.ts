import { spawnSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';

/** Runs what follows in a namespace of its own, where it may mount. */
const [UNSHARE, ...NAMESPACE] = ['unshare', '--map-root-user', '--mount'] as const;

/** Whether this user may mount in a namespace of its own; some hosts and containers forbid it. */
export const mayMount =
  spawnSync(UNSHARE, [...NAMESPACE, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

/** The user that owns nothing. */
const NOBODY = 65534;

/** Makes a command find `directory` read-only: by a mount, else by modes, which root does not heed. */
export function readOnly(directory: string): { readonly under?: string[]; readonly uid?: number } {
  if (mayMount) {
    return {
      under: inShell('mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"', directory),
    };
  }
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    spawnSync('chown', ['-R', String(NOBODY), directory]);
    spawnSync('chmod', ['o+rx', dirname(directory)]);
  }
  spawnSync('chmod', ['-R', 'a-w', directory]);
  return isRoot ? { uid: NOBODY } : {};
}

/**
 * What to put before a command line so that `directory` is on a disk of its own with so much room left. `keep` afterwards
 * brings what was written there back. Needs `mayMount`.
 */
export function fullDisk(directory: string, freeKiB: number): { under: string[]; keep: () => void } {
  const under = inShell(
    `mkdir "$0.before" && cp -a "$0/." "$0.before" && mount -t tmpfs -o size=8m none "$0" && cp -a "$0.before/." "$0" || exit 99
     free=$(df -k --output=avail "$0" | tail -n 1)
     head -c $(((free - ${freeKiB}) * 1024)) /dev/zero > "$0/filler" || exit 99
     "$@"; code=$?
     rm "$0/filler"; cp -a "$0" "$0.after"; exit $code`,
    directory,
  );
  const keep = () => {
    rmSync(`${directory}.before`, { recursive: true });
    rmSync(directory, { recursive: true });
    renameSync(`${directory}.after`, directory);
  };
  return { under, keep };
}

/** What to put before a command line so that the disk of `directory` has room, but for no further file. Needs `mayMount`. */
export function noFurtherFile(directory: string): string[] {
  return inShell(
    `cp -a "$0" "$0.before" && mount -t tmpfs -o size=2g,nr_inodes=50 none "$0" && cp -a "$0.before/." "$0" || exit 99
     n=0; while true > "$0/filler-$n"; do n=$((n + 1)); done 2> /dev/null
     exec "$@"`,
    directory,
  );
}

/** What to put before a command line so that no file it writes grows beyond so many KiB. */
export function fileSizeLimit(kiB: number): string[] {
  return inShell(`ulimit -f ${kiB * 2} && exec "$@"`, 'sh');
}

function inShell(script: string, name: string): string[] {
  const namespace = script.includes('mount') ? [UNSHARE, ...NAMESPACE] : [];
  return [...namespace, 'sh', '-c', script, name];
}
