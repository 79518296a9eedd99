import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFile } from '../package-files.ts';
import { configDropIn, exampleFor, type Found, findConfig, refuseHiddenState } from './configuration.ts';
import type { Host } from './host.ts';
import {
  CONFIG_DROP_IN,
  CONFIG_FILE,
  PACKAGED,
  PROGRAM_DROP_IN,
  STATE_DIRECTORY,
  SYSUSERS,
  TMPFILES,
  USER,
} from './layout.ts';
import { programDropIn, refuseHidden } from './program.ts';
import { warnOfClosedConfig, warnOfForeignState } from './rights.ts';
import type { Step } from './steps.ts';

export interface Plan {
  readonly steps: readonly Step[];
  readonly warnings: readonly string[];
  /** The configuration is made by this. */
  readonly isNew: boolean;
}

/**
 * What puts the service in place, or brings it up to date; the administrator's configuration and the state are left
 * as they are. Throws RcError: 1 where the service could not see the program, 78 where not the state directory.
 */
export async function planInstall(host: Host): Promise<Plan> {
  refuseHidden(host);
  const found = await findConfig(host);
  const loaded = typeof found === 'string' ? null : found;
  if (loaded !== null) refuseHiddenState(loaded.config);
  const steps = [
    ...(await packagedFiles()),
    dropIn(PROGRAM_DROP_IN, programDropIn(host), host),
    // A configuration that does not load says nothing about what it asks for.
    found === 'wrong' ? null : dropIn(CONFIG_DROP_IN, loaded && configDropIn(loaded.config), host),
    run('systemd-sysusers', SYSUSERS),
    run('systemd-tmpfiles', '--create', TMPFILES),
    ...(found === 'none' ? await newConfig() : []),
    loaded && stateDirectory(loaded.config.state.directory, host),
    run('systemctl', 'daemon-reload'),
  ].filter((step) => step !== null);
  return { steps, warnings: warningsAbout(found, host), isNew: found === 'none' };
}

function warningsAbout(found: Found, host: Host): string[] {
  if (found === 'none') return [];
  const closed = warnOfClosedConfig(host);
  if (found === 'wrong') {
    return [
      ...closed,
      `${CONFIG_FILE} has mistakes, and was left as it is. Next: sudo -u ${USER} rc-notify config check`,
    ];
  }
  const unnamed = found.origins['state.directory']?.from === 'environment' ? [UNNAMED_STATE] : [];
  return [...closed, ...unnamed, ...warnOfForeignState(found.config.state.directory, host)];
}

const UNNAMED_STATE = `${CONFIG_FILE} does not set state.directory: scans of the timer and commands by hand would keep different ledgers. Set it to ${STATE_DIRECTORY}.`;

async function packagedFiles(): Promise<Step[]> {
  const write = async ([from, path]: [string, string]): Promise<Step> => {
    const text = await readFile(packageFile(`systemd/${from}`), 'utf8');
    return { do: 'write', path, text, mode: 0o644 };
  };
  return Promise.all(Object.entries(PACKAGED).map(write));
}

function dropIn(path: string, text: string | null, { root }: Host): Step | null {
  if (text !== null) return { do: 'write', path, text, mode: 0o644 };
  return existsSync(join(root, path)) ? { do: 'remove', path } : null;
}

/** Root's alone until its group is set. */
async function newConfig(): Promise<Step[]> {
  return [
    { do: 'write', path: CONFIG_FILE, text: await exampleFor(CONFIG_FILE), mode: 0o640 },
    run('chgrp', USER, CONFIG_FILE),
  ];
}

/** One in another place must be there before the service starts: that may write to it, and to nothing above it. */
function stateDirectory(path: string, { root }: Host): Step | null {
  if (existsSync(join(root, path))) return null;
  return run('install', '-d', '-o', USER, '-g', USER, '-m', '0700', path);
}

function run(...argv: string[]): Step {
  return { do: 'run', argv };
}
