import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { World } from './child.mjs';

const BIN = fileURLToPath(new URL('../../bin/rc-notify.js', import.meta.url));
const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves once the process has written it, on stdout or stderr; rejects where it ends without. */
  wrote(text: string): Promise<void>;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What standard input holds; `open` = nothing, and it never ends. */
  readonly stdin?: string | Buffer | 'open';
  /** Run in another world (child.mjs) instead of by bin/rc-notify.js. */
  readonly world?: World;
  /** Put before the command line: `['sh', '-c', 'ulimit -f 100; exec "$@"', 'sh']`. */
  readonly under?: readonly string[];
  readonly uid?: number;
}

/** Starts the real command in a process of its own. */
export function startRcNotify(args: readonly string[], options: CommandOptions): Running {
  const child = spawnCommand(args, options);
  let stdout = '';
  let stderr = '';
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  feed(child, options.stdin ?? '');
  const wrote = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stdout.includes(text) || stderr.includes(text)) resolve();
      };
      child.stdout?.on('data', look);
      child.stderr?.on('data', look);
      look();
      finished.then(
        () => reject(new Error(`it ended without writing ${text}:\n${stdout}\n${stderr}`)),
        reject,
      );
    });
  return { process: child, finished, wrote };
}

function spawnCommand(args: readonly string[], { cwd, env = {}, world, under = [], uid }: CommandOptions) {
  const entry = world === undefined ? BIN : CHILD;
  const [command = '', ...rest] = [...under, process.execPath, entry, ...args];
  return spawn(command, rest, {
    cwd,
    // Nothing of the machine the tests run on.
    env: {
      PATH: process.env.PATH,
      ...browserOf(process.env),
      HOME: cwd,
      ...(world === undefined ? {} : { RC_NOTIFY_TEST_WORLD: JSON.stringify(world) }),
      ...env,
    },
    stdio: 'pipe',
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
}

function feed(child: ChildProcess, stdin: string | Buffer): void {
  // A command that stops reading early is no failure of the test.
  child.stdin?.on('error', () => {});
  if (stdin !== 'open') child.stdin?.end(stdin);
}

/** A Chromium that is not where one usually is. */
function browserOf({ PUPPETEER_EXECUTABLE_PATH: path }: NodeJS.ProcessEnv): Record<string, string> {
  return path === undefined ? {} : { PUPPETEER_EXECUTABLE_PATH: path };
}
