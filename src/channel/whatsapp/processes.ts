import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import type { Clock } from '../../io.ts';

export interface BrowserToEnd {
  /** As launched, the leader of its process group; null where it is not known. */
  readonly pid: number | null;
  readonly profileDirectory: string;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly args: readonly string[];
}

const POLL_MS = 50;

/**
 * Kills what is left of a browser (its process group, every browser on this profile with its group and children, and
 * their crash handlers, which have groups of their own) and waits until it is gone, `graceMs` at most.
 * Returns how many processes were ended.
 */
export async function endBrowser(
  { pid, profileDirectory }: BrowserToEnd,
  clock: Clock,
  graceMs = 5000,
): Promise<number> {
  const killed = new Set<number>();
  const groups = new Set<number>(pid === null ? [] : [pid]);
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const left = remains(profileDirectory, groups);
    for (const pid of left) if (kill(pid)) killed.add(pid);
    if (left.length === 0 || waitedMs >= graceMs)
      return killed.size - left.filter((pid) => killed.has(pid)).length;
    await clock.sleep(POLL_MS);
  }
}

/** The browsers that were started on this profile directory (main processes). */
export function browsersOf(profileDirectory: string): number[] {
  return processes()
    .filter((candidate) => isBrowserOf(candidate, profileDirectory))
    .map(({ pid }) => pid);
}

/** The arguments of a process, its name first; empty where it is gone (a zombie is). */
export function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

/** Adds the groups it finds to `groups`: their members are known by them once their leader is gone. */
function remains(profileDirectory: string, groups: Set<number>): number[] {
  const all = processes();
  const browsers = all.filter((candidate) => isBrowserOf(candidate, profileDirectory));
  for (const { pid, group } of browsers) if (pid === group) groups.add(group);
  dropStrangers(groups, all, browsers);
  const found = new Set(
    all
      .filter(({ group, args }) => groups.has(group) || isCrashHandler(args, profileDirectory))
      .concat(browsers)
      .map(({ pid }) => pid),
  );
  // Parents come before their children only by chance: look again until nothing is added.
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  found.delete(process.pid);
  return [...found];
}

/**
 * A number of a group that a stranger leads by now was given out anew (a leader without arguments is one that is just
 * ending); our own group is never killed as a whole.
 */
function dropStrangers(groups: Set<number>, all: readonly Process[], browsers: readonly Process[]): void {
  for (const { pid, group, args } of all) {
    const isLeader = pid === group && args.length > 0;
    if (isLeader && !browsers.some((browser) => browser.pid === pid)) groups.delete(group);
    if (pid === process.pid) groups.delete(group);
  }
}

function isBrowserOf({ pid, args }: Process, profileDirectory: string): boolean {
  return pid !== process.pid && args.includes(`--user-data-dir=${profileDirectory}`);
}

/** Crashpad's handlers leave the group; their database is below the XDG directory that `launchOptions` gives them. */
function isCrashHandler(args: readonly string[], profileDirectory: string): boolean {
  return args.some((arg) => arg.startsWith(`--database=${dirname(profileDirectory)}/`));
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

/** Null where it is gone. proc(5): after the name, which may hold anything, come state, parent and group. */
function readProcess(pid: number): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return null;
    return { pid, parent: Number(parent), group: Number(group), args: argumentsOf(pid) };
  } catch {
    return null;
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
