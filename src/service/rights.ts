import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { shellWord } from '../terminal/shell-word.ts';
import { groupId, letRead, userId } from '../users.ts';
import type { Host } from './host.ts';
import { CONFIG_FILE, STATE_DIRECTORY, USER } from './layout.ts';

const READ = 0o4;
const WRITE_AND_ENTER = 0o3;

/** A warning where the service can not read the administrator's configuration. */
export function warnOfClosedConfig(host: Host): string[] {
  if (serviceMay(READ, CONFIG_FILE, host)) return [];
  return [`The service may not read ${CONFIG_FILE}. Next: ${letRead(USER, CONFIG_FILE)}`];
}

/** A warning where the service can not use a state directory that is there already. */
export function warnOfForeignState(directory: string, host: Host): string[] {
  // systemd gives this one to the service's user itself: StateDirectory=.
  if (directory === STATE_DIRECTORY || !existsSync(join(host.root, directory))) return [];
  if (serviceMay(WRITE_AND_ENTER, directory, host)) return [];
  const path = shellWord(directory);
  return [
    `The service may not write to state.directory, ${directory}. Next: sudo chown -R ${USER}: ${path}; sudo chmod 0700 ${path}`,
  ];
}

/** By owner, group and mode: inode(7). */
function serviceMay(bits: number, path: string, { root }: Host): boolean {
  const { mode, uid, gid } = statSync(join(root, path));
  const shift = uid === userId(USER, root) ? 6 : gid === groupId(USER, root) ? 3 : 0;
  return ((mode >> shift) & bits) === bits;
}
