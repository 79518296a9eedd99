// Makes the checkout ready to build and test. Needs nothing but Node and npm: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Something the person at the keyboard has to put right; `message` says how. */
export class SetupError extends Error {}

/** Installs the packages where they are missing, older than package-lock.json, or compiled for another Node. */
export function setUp() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) {
    throw new SetupError(`Node 20 or newer is needed; this is ${process.version} (${process.execPath}).`);
  }
  if (installedMatchesLock() && sqliteProblem() === null) return;
  install();
  const problem = sqliteProblem();
  if (problem !== null) throw new SetupError(`better-sqlite3 was installed but does not load.\n${problem}`);
}

/** Runs a script's main function: an error of the set-up is told without a stack. */
export async function runScript(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = 1;
  }
}

function installedMatchesLock() {
  const wanted = lockedPackages('package-lock.json');
  const installed = lockedPackages('node_modules/.package-lock.json');
  if (wanted === null || installed === null) return false;
  const same = [...wanted].every(([path, { version, optional }]) => {
    const found = installed.get(path);
    return found === undefined ? optional === true : found.version === version;
  });
  return same && [...installed.keys()].every((path) => wanted.has(path));
}

function lockedPackages(file) {
  try {
    const { packages } = JSON.parse(readFileSync(`${root}${file}`, 'utf8'));
    return new Map(Object.entries(packages).filter(([path]) => path !== ''));
  } catch {
    return null;
  }
}

/** Why the one compiled package does not load (missing, half built, built for another Node); null when it does. */
function sqliteProblem() {
  try {
    const Database = createRequire(`${root}package.json`)('better-sqlite3');
    new Database(':memory:').close();
    return null;
  } catch (error) {
    return error.message;
  }
}

function install() {
  console.log('Installing packages with npm ci (minutes, where better-sqlite3 has to be compiled) ...');
  const npm = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (npm.error !== undefined) throw new SetupError(`npm can not be run: ${npm.error.message}`);
  const output = `${npm.stdout}${npm.stderr}`.trimEnd();
  if (npm.status === 0) {
    if (npm.stderr.trim() !== '') process.stderr.write(`${npm.stderr.trimEnd()}\n`);
    return;
  }
  const tail = output.split('\n').slice(-25).join('\n');
  throw new SetupError(`${tail}\n\nnpm ci failed.${/node-gyp|gyp ERR/.test(output) ? COMPILER_HINT : ''}`);
}

const COMPILER_HINT = `
better-sqlite3 has no prebuilt binary for this machine and has to be compiled. On Debian and Ubuntu:

  sudo apt-get install -y build-essential python3`;
