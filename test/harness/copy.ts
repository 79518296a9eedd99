import { execFileSync } from 'node:child_process';

/** Copies a directory to where there is none yet, with its modes, which Node 24's `cpSync` does not keep. */
export function copyDirectory(from: string, to: string): void {
  execFileSync('cp', ['-a', '-T', from, to]);
}
