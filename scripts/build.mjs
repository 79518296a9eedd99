// src/ -> dist/: one bundle in chunks, so that a command loads what it needs and nothing else.
// The libraries that every start needs are bundled in: read file by file, they cost a scan 60 ms.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { root } from './setup.mjs';

const BUNDLED = ['chalk', 'commander', 'csv-parse', 'yaml', 'zod'];

const src = `${root}src`;
const dist = `${root}dist`;

/** Returns an exit code. */
export async function build() {
  const esbuild = await import('esbuild').catch(() => null);
  if (esbuild === null) {
    process.stderr.write('esbuild is not installed; run `npm ci` first.\n');
    return 1;
  }
  rmSync(dist, { recursive: true, force: true });
  try {
    await esbuild.build(options());
  } catch {
    // esbuild has said what is wrong.
    rmSync(dist, { recursive: true, force: true });
    return 1;
  }
  return 0;
}

function options() {
  const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  return {
    entryPoints: [`${src}/main.ts`],
    outdir: dist,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: Object.keys(dependencies).filter((name) => !BUNDLED.includes(name)),
    legalComments: 'linked',
    // CommonJS packages among the bundled ones ask for Node's own modules this way.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  };
}

/** Builds only when something in src/ (a removed file included) is newer than the last build. */
export async function buildIfStale() {
  const built = statSync(`${dist}/main.js`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(src, { recursive: true }).map((path) => `${src}/${path}`);
  const inputs = [src, ...sources, `${root}package.json`, fileURLToPath(import.meta.url)];
  return inputs.every((path) => statSync(path).mtimeMs < built) ? 0 : build();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await build();
