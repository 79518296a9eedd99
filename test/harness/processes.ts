import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';

/** The processes whose command line names this path or one below it, oldest number first; zombies are none. */
export function processesNaming(path: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => commandLine(pid).includes(`=${path}/`));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', '/');
  } catch {
    return '';
  }
}

/** Whether it was there to be killed. */
export function tryToKill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
