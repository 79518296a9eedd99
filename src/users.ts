import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { USER } from './service/layout.ts';
import { shellWord } from './terminal/shell-word.ts';

/** The name of a user, else the number as sudo takes it. */
export function userName(uid: number): string {
  return nameIn('/etc/passwd', uid) ?? `'#${uid}'`;
}

/** The command line that runs the same as another user; main.ts puts what was typed in the place of the dots. */
export function asUser(name: string): string {
  return `sudo -u ${name} ${AS_TYPED}`;
}

/** The command line that gives a file, or a directory with all below it, to a user. */
export function giveTo(uid: number, path: string): string {
  const name = nameIn('/etc/passwd', uid);
  // With the user's own group, which a mere number has not.
  return `sudo chown -R ${name === null ? uid : `${name}:`} ${shellWord(path)}`;
}

/** Stands for the command line as it was typed. */
export const AS_TYPED = 'rc-notify ...';

const BY_GROUP = 0o040;

/**
 * Who reads a file that this user may not even see: the user that its group, or that of the nearest directory above that
 * can be seen, is named after, else the owner.
 */
export function readerOf(path: string): string {
  try {
    const { uid, gid, mode } = statSync(path);
    const group = gid === 0 || (mode & BY_GROUP) === 0 ? null : nameIn('/etc/group', gid);
    return group !== null && isUser(group) ? group : userName(uid);
  } catch {
    return dirname(path) === path ? userName(0) : readerOf(dirname(path));
  }
}

/** Who should read what is root's: the service's group where there is one, else that of the user that asks. */
export function groupToRead(): string {
  if (groupId(USER) !== undefined) return USER;
  const gid = process.getegid?.() ?? 0;
  return nameIn('/etc/group', gid) ?? String(gid);
}

/** The commands that let a group read a file, and no other user. */
export function letRead(group: string, file: string): string {
  return `sudo chgrp ${group} ${shellWord(file)}; sudo chmod 0640 ${shellWord(file)}`;
}

/** On the machine below `root`; undefined where it has no such user. */
export function userId(name: string, root = '/'): number | undefined {
  return idIn(join(root, '/etc/passwd'), name);
}

export function groupId(name: string, root = '/'): number | undefined {
  return idIn(join(root, '/etc/group'), name);
}

function isUser(name: string): boolean {
  return userId(name) !== undefined;
}

function nameIn(file: string, id: number): string | null {
  return entriesOf(file).find(([, , number]) => number === String(id))?.[0] ?? null;
}

function idIn(file: string, name: string): number | undefined {
  const number = entriesOf(file).find(([entry]) => entry === name)?.[2];
  return number === undefined ? undefined : Number(number);
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
