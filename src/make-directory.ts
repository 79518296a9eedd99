import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it; false where it is there already. Throws the file system's error.
 * Node's own recursive mkdir spins for ever where a parent exists and yet answers ENOENT, as below /proc.
 */
export function makeDirectory(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return false;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw thrown;
  }
  makeDirectory(dirname(path), mode);
  return makeDirectory(path, mode);
}
