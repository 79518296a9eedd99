import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import process from 'node:process';
import type { TestContext } from 'vitest';

/** Runs a program of the host. Where it has none the test is skipped, and stderr and the report say what was not checked. */
export function runHostProgram(
  context: TestContext,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): SpawnSyncReturns<string> {
  // logrotate is in /usr/sbin, which Debian keeps out of the PATH of ordinary users.
  const path = `${process.env.PATH}:/usr/sbin`;
  const finished = spawnSync(program, args, { encoding: 'utf8', env: { PATH: path, ...env } });
  if (finished.error !== undefined) {
    const note = `${program} can not be run here: ${finished.error.message}`;
    process.stderr.write(`Not checked: "${context.task.name}". ${note}\n`);
    context.skip(note);
  }
  return finished;
}

/** All it said, on stdout and stderr. */
export function said({ stdout, stderr }: SpawnSyncReturns<string>): string {
  return `${stdout}${stderr}`.trim();
}
