import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { packageFile } from '../package-files.ts';

/** The machine a service is installed on; tests hand in a directory and a record of what was run. */
export interface Host {
  /** What stands for `/`: every path below is inside it. */
  readonly root: string;
  readonly uid: number | undefined;
  /** Absolute: the Node that runs, and the program it runs. */
  readonly node: string;
  readonly program: string;
  run(argv: readonly string[]): Ran;
}

export interface Ran {
  readonly ok: boolean;
  /** All it said, and how it ended where that was not well. */
  readonly said: string;
}

export function realHost(): Host {
  return {
    root: '/',
    uid: process.geteuid?.(),
    node: process.execPath,
    program: fileURLToPath(packageFile('bin/rc-notify.js')),
    run,
  };
}

function run([command = '', ...args]: readonly string[]): Ran {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) return { ok: false, said: error.message };
  const said = `${stdout}${stderr}`.trim();
  if (status === 0) return { ok: true, said };
  return { ok: false, said: `${said}\n(${signal ?? `exit code ${status}`})`.trim() };
}
