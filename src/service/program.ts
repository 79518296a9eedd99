import { realpathSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { shellWord } from '../terminal/shell-word.ts';
import type { Host } from './host.ts';
import { CONFIG_FILE } from './layout.ts';
import { hiddenFromService, isBelow, MADE_BY, unitWord } from './unit-text.ts';

/** Where systemd looks for a command without a directory, and `env` in a service for node. */
const SEARCHED = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** What rc-notify.service allows to be run. */
const RUNNABLE = ['/usr', '/opt', '/bin', '/sbin', '/lib', '/lib64'];

/** Whether the unit as it is packaged runs this program with this Node. */
function isFound(host: Host): boolean {
  return isFirst('rc-notify', host.program, host) && isFirst('node', host.node, host);
}

/** What is typed, also after `sudo`, to run this program. */
export function typed(host: Host): string {
  return isFound(host) ? 'rc-notify' : [host.node, host.program].map(shellWord).join(' ');
}

/** Commands after which `sudo` finds this program by its name, and it its Node; none where nothing is missing. */
export function linksToMake(host: Host): string[] {
  const programs = [
    ['rc-notify', host.program],
    ['node', host.node],
  ] as const;
  return programs
    .filter(([name]) => SEARCHED.every((directory) => located(join(directory, name), host) === null))
    .map(([name, path]) => `sudo ln -s ${shellWord(path)} /usr/local/bin/${name}`);
}

/** A drop-in that names this program and its Node; null where they are found without. */
export function programDropIn(host: Host): string | null {
  if (isFound(host)) return null;
  const command = [host.node, host.program, 'scan', '--config', CONFIG_FILE].map(unitWord).join(' ');
  const places = [dirname(host.node), packageOf(host.program)];
  const outside = places.filter((place) => !RUNNABLE.some((directory) => isBelow(place, directory)));
  const execPaths =
    outside.length === 0 ? '' : `ExecPaths=${[...new Set(outside)].map(unitWord).join(' ')}\n`;
  return `${MADE_BY}[Service]\nExecStart=\nExecStart=${command}\n${execPaths}`;
}

/** Throws RcError 1 where the service could not see the program or its Node, or its user not read them. */
export function refuseHidden(host: Host): void {
  const real = [host.program, host.node].map((path) => located(path, host) ?? path);
  const hidden = real.find(hiddenFromService);
  if (hidden !== undefined) {
    throw refusal(
      `${hidden} is in a place that the service is not shown; nothing was changed.`,
      'Install Node and rc-notify for the whole host (sudo npm install -g, with the Node of a package), then: sudo rc-notify service install',
    );
  }
  const closed = real.map((path) => closedPart(path, host)).find((path) => path !== undefined);
  if (closed === undefined) return;
  throw refusal(
    `${closed} can be read by nobody but its owner, and the service has a user of its own; nothing was changed.`,
    `It was made under umask 077, say. Open it: sudo chmod -R go+rX ${closed}`,
  );
}

function refusal(message: string, hint: string): RcError {
  return new RcError({ code: 'ERR_RC_SERVICE_PROGRAM', message, hint, exitCode: ExitCode.FAILED });
}

/** The first part of the way to a file that is not open to everybody. */
function closedPart(path: string, { root }: Host): string | undefined {
  const parts = path.split('/').map((_, index, names) => names.slice(0, index + 1).join('/'));
  return parts.slice(1).find((part) => {
    const found = statSync(join(root, part), { throwIfNoEntry: false });
    if (found === undefined) return false;
    return (found.mode & (found.isDirectory() ? 0o001 : 0o004)) === 0;
  });
}

function packageOf(program: string): string {
  return dirname(dirname(program));
}

function isFirst(name: string, wanted: string, host: Host): boolean {
  const all = SEARCHED.map((directory) => located(join(directory, name), host));
  return all.find((path) => path !== null) === located(wanted, host);
}

/** Where a path of the machine really is on it; null where there is nothing. */
function located(path: string, { root }: Host): string | null {
  try {
    return `/${relative(realpathSync(root), realpathSync(join(root, path)))}`;
  } catch {
    return null;
  }
}
