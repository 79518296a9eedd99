import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { shellWord } from './terminal/shell-word.ts';

/** The name of a user, else the number as sudo takes it. */
export function userName(uid: number): string {
  return nameIn('/etc/passwd', uid) ?? `'#${uid}'`;
}

/** The command line that runs the same as another user; main.ts puts what was typed in the place of the dots. */
export function asUser(name: string): string {
  return `sudo -u ${name} ${AS_TYPED}`;
}

/** The command line that gives a directory, with all below it, to a user. */
export function giveTo(uid: number, directory: string): string {
  const name = nameIn('/etc/passwd', uid);
  // With the user's own group, which a mere number has not.
  return `sudo chown -R ${name === null ? uid : `${name}:`} ${shellWord(directory)}`;
}

/** Stands for the command line as it was typed. */
export const AS_TYPED = 'rc-notify ...';

/**
 * Who reads a file that this user may not even see: the user that its group, or that of the nearest directory above that
 * can be seen, is named after, else the owner.
 */
export function readerOf(path: string): string {
  try {
    const { uid, gid } = statSync(path);
    const group = gid === 0 ? null : nameIn('/etc/group', gid);
    return group !== null && isUser(group) ? group : userName(uid);
  } catch {
    return dirname(path) === path ? userName(0) : readerOf(dirname(path));
  }
}

function isUser(name: string): boolean {
  return entriesOf('/etc/passwd').some(([entry]) => entry === name);
}

function nameIn(file: string, id: number): string | null {
  return entriesOf(file).find(([, , number]) => number === String(id))?.[0] ?? null;
}

/** passwd(5) and group(5) both have the name first and the number third. */
function entriesOf(file: string): string[][] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}
