import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { shellWord } from '../terminal/shell-word.ts';
import type { Host } from './host.ts';

/** One thing that is done to the machine. Paths are the machine's, without the root. */
export type Step =
  | { readonly do: 'write'; readonly path: string; readonly text: string; readonly mode: number }
  | { readonly do: 'remove'; readonly path: string }
  | { readonly do: 'run'; readonly argv: readonly string[] };

/** One line: what is done, or that it is done already. */
export function describe(step: Step, host: Host): string {
  switch (step.do) {
    case 'write':
      return `${isWritten(step, host) ? 'unchanged' : 'write    '} ${step.path}`;
    case 'remove':
      return `remove    ${step.path}`;
    case 'run':
      return `run       ${commandLine(step.argv)}`;
  }
}

/** Throws RcError: 73 where a file can not be written or removed, 1 where a command fails. */
export function perform(step: Step, host: Host): void {
  if (step.do === 'run') {
    command(step.argv, host);
    return;
  }
  try {
    if (step.do === 'write') write(step, host);
    else remove(join(host.root, step.path));
  } catch (thrown) {
    throw new RcError({
      code: 'ERR_RC_SERVICE_FILE',
      message: `${step.path} can not be ${step.do === 'write' ? 'written' : 'removed'}: ${messageOf(thrown)}. What was done before it stays.`,
      hint: AGAIN,
      exitCode: ExitCode.CANTCREAT,
      cause: thrown,
    });
  }
}

const AGAIN = 'When that is mended, run the same command again: what is done already is left as it is.';

function command(argv: readonly string[], host: Host): void {
  const { ok, said } = host.run(argv);
  if (ok) return;
  throw new RcError({
    code: 'ERR_RC_SERVICE_COMMAND',
    message: `This command failed, and what was done before it stays: ${commandLine(argv)}\n${said}`,
    hint: AGAIN,
    exitCode: ExitCode.FAILED,
  });
}

function commandLine(argv: readonly string[]): string {
  return argv.map(shellWord).join(' ');
}

type Write = Extract<Step, { do: 'write' }>;

function isWritten({ path, text }: Write, { root }: Host): boolean {
  try {
    return readFileSync(join(root, path), 'utf8') === text;
  } catch {
    return false;
  }
}

/** Whole or not at all; readable by all whatever root's umask. */
function write(step: Write, host: Host): void {
  if (isWritten(step, host)) return;
  const path = join(host.root, step.path);
  makeReadable(dirname(path));
  const partial = `${path}.new`;
  rmSync(partial, { force: true });
  writeFileSync(partial, step.text, { mode: 0o600, flag: 'wx' });
  chmodSync(partial, step.mode);
  renameSync(partial, path);
}

function makeReadable(directory: string): void {
  if (lstatSync(directory, { throwIfNoEntry: false }) !== undefined) return;
  makeReadable(dirname(directory));
  mkdirSync(directory);
  chmodSync(directory, 0o755);
}

/** And the directory it was in, where that is one of such files alone and empty now. */
function remove(path: string): void {
  rmSync(path, { force: true });
  const directory = dirname(path);
  if (!directory.endsWith('.d')) return;
  try {
    rmdirSync(directory);
  } catch {
    // Somebody else's file is in it.
  }
}
