// src/ -> dist/: compiled TypeScript, and every other file as it is.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { root } from './setup.mjs';

const src = `${root}src`;
const dist = `${root}dist`;

/** Returns an exit code. */
export function build() {
  rmSync(dist, { recursive: true, force: true });
  const tsc = spawnSync(`${root}node_modules/.bin/tsc`, ['-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (tsc.error !== undefined) {
    process.stderr.write('TypeScript is not installed; run `npm ci` first.\n');
    return 1;
  }
  if (tsc.status !== 0) {
    rmSync(dist, { recursive: true, force: true });
    return 1;
  }
  cpSync(src, dist, { recursive: true, filter: (path) => !path.endsWith('.ts') });
  return 0;
}

/** Builds only when something in src/ (a removed file included) is newer than the last build. */
export function buildIfStale() {
  const built = statSync(`${dist}/main.js`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(src, { recursive: true }).map((path) => `${src}/${path}`);
  const inputs = [src, ...sources, `${root}tsconfig.json`, `${root}tsconfig.build.json`];
  return inputs.every((path) => statSync(path).mtimeMs < built) ? 0 : build();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = build();
