import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, RcError } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Io } from '../../io.ts';
import { passedOn } from './browser-environment.ts';

export interface Chromium {
  /** Absolute. */
  readonly path: string;
  /** As it says itself: `156.0.8078.79`. */
  readonly version: string;
  readonly major: number;
  /** Changes when another program takes its path. */
  readonly stamp: string;
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Under cron PATH is short. */
const USUAL_DIRECTORIES = ['/usr/bin', '/usr/local/bin', '/opt/google/chrome', '/snap/bin'];
const ANSWER_MS = 10_000;
const INSTALL_HINT =
  'Install one (sudo apt-get install -y chromium), or name it in whatsapp.browser.executablePath.';

export interface Search {
  /** Looked in after PATH. */
  readonly directories?: readonly string[];
  /** How long a browser may take to say its version. */
  readonly answerMs?: number;
  /** Found earlier: not asked for its version again, which takes as long as a message, while nothing has changed. */
  readonly known?: Chromium | null;
}

/**
 * The browser to use: the configured path, else $PUPPETEER_EXECUTABLE_PATH, else the first usual name that answers
 * `--version`. A path that someone chose is never replaced by another browser, as a profile belongs to one of them.
 * Throws RcError 78 where the chosen path is no working Chromium, 69 where none is found.
 */
export async function findChromium(
  executablePath: string | null,
  env: Io['env'],
  { directories = USUAL_DIRECTORIES, answerMs = ANSWER_MS, known = null }: Search = {},
): Promise<Chromium> {
  const ask = (path: string) => versionOf(path, env, answerMs);
  const { PUPPETEER_EXECUTABLE_PATH: fromEnvironment } = env;
  if (known !== null && isStill(known, executablePath ?? (fromEnvironment || null))) return known;
  if (executablePath !== null) return chosen(executablePath, 'whatsapp.browser.executablePath', ask);
  if (fromEnvironment) return chosen(fromEnvironment, '$PUPPETEER_EXECUTABLE_PATH', ask);
  const failures: string[] = [];
  for (const path of usualPaths(env, directories)) {
    try {
      return await ask(path);
    } catch (thrown) {
      failures.push(messageOf(thrown));
    }
  }
  throw notFound(failures);
}

function isStill({ path, stamp }: Chromium, wanted: string | null): boolean {
  return (wanted === null || wanted === path) && isExecutableFile(path) && stampOf(path) === stamp;
}

function stampOf(path: string): string {
  const { mtimeMs, size } = statSync(path);
  return `${mtimeMs}-${size}`;
}

async function chosen(
  path: string,
  setting: string,
  ask: (path: string) => Promise<Chromium>,
): Promise<Chromium> {
  try {
    return await ask(path);
  } catch (thrown) {
    throw new RcError({
      code: 'ERR_RC_CHROMIUM_PATH',
      message: `The browser that ${setting} names can not be used: ${messageOf(thrown)}.`,
      hint: `Correct ${setting}, or leave it out to have Chromium looked for (sudo apt-get install -y chromium).`,
      exitCode: ExitCode.CONFIG,
      cause: thrown,
    });
  }
}

/** 69 as sysexits.h has it: a program that is needed is not there. Nothing in the configuration is wrong. */
function notFound(failures: readonly string[]): RcError {
  const detail = failures.length === 0 ? 'no Chromium was found' : failures.join('; ');
  return new RcError({
    code: 'ERR_RC_NO_CHROMIUM',
    message: `WhatsApp needs a browser, and there is none: ${detail}.`,
    hint: INSTALL_HINT,
    exitCode: ExitCode.UNAVAILABLE,
  });
}

function usualPaths(env: Io['env'], directories: readonly string[]): string[] {
  const onPath = (env.PATH ?? '').split(delimiter).filter((directory) => directory.startsWith('/'));
  const paths = [...onPath, ...directories].flatMap((directory) =>
    NAMES.map((name) => join(directory, name)),
  );
  return [...new Set(paths)].filter(isExecutableFile);
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function versionOf(path: string, env: Io['env'], answerMs: number): Promise<Chromium> {
  if (!isExecutableFile(path)) throw new Error(`${path} is no executable file`);
  const answer = await versionText(path, env, answerMs);
  const [version, major] = /\b(\d+)\.\d+\.\d+\.\d+\b/.exec(answer) ?? [];
  if (version === undefined) throw new Error(`${path} --version names no version of Chromium`);
  return { path, version, major: Number(major), stamp: stampOf(path) };
}

async function versionText(path: string, env: Io['env'], answerMs: number): Promise<string> {
  const options = { timeout: answerMs, killSignal: 'SIGKILL', env: passedOn(env) } as const;
  try {
    return (await promisify(execFile)(path, ['--version'], options)).stdout;
  } catch (thrown) {
    const { killed, stderr } = thrown as { killed?: boolean; stderr?: string };
    if (killed) throw new Error(`${path} --version did not answer within ${answerMs / 1000} s`);
    const [reason] = (stderr || messageOf(thrown)).trim().split('\n').slice(-1);
    throw new Error(`${path} --version failed (${reason})`);
  }
}
