import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import process from 'node:process';
import { messageOf } from '../../errors.ts';

export interface LaunchWatch {
  /** The browser's process, and its group; null until it was started. */
  pid(): number | null;
  /** The end of what the browser wrote to standard error. */
  output(): string;
  /** Whether it has ended, and by itself: one that crashed or was killed saved less than it should have. */
  endedWell(): boolean;
  /** Whether it was never started, or gave up by itself: nobody killed it, and it did not crash. */
  endedByItself(): boolean;
  /** Stops looking out for a start; a browser that was seen stays known. */
  stop(): void;
}

const CHANNEL = 'child_process';
const KEPT_CHARACTERS = 16_000;

/**
 * Looks out for the browser that is about to be started for this profile. With `pipe: true` puppeteer keeps neither the
 * process nor its standard error of a start that fails, and lets a spawn that fails end Node; Node itself announces
 * every process it starts (diagnostics channel `child_process`).
 */
export function watchLaunch(profileDirectory: string): LaunchWatch {
  let browser: ChildProcess | null = null;
  let text = '';
  const add = (more: string) => {
    text = (text + more).slice(-KEPT_CHARACTERS);
  };
  const adopt = (child: ChildProcess) => {
    browser = child;
    child.on('error', (error) => add(`${messageOf(error)}\n`));
    // puppeteer stops listening to its pipes before they are closed: a late ECONNRESET or EPIPE would end Node.
    for (const pipe of child.stdio ?? []) pipe?.on('error', () => {});
    child.stderr?.on('data', (chunk: Buffer) => add(chunk.toString()));
  };
  const onProcess = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess };
    // It is announced before it is started, and its arguments are known only then; its events come later still.
    process.nextTick(() => {
      if (child.spawnargs?.includes(`--user-data-dir=${profileDirectory}`)) adopt(child);
    });
  };
  subscribe(CHANNEL, onProcess);
  return {
    pid: () => browser?.pid ?? null,
    output: () => text,
    endedWell: () => browser?.exitCode === 0,
    endedByItself: () => browser === null || browser.exitCode !== null,
    stop: () => void unsubscribe(CHANNEL, onProcess),
  };
}
