import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

/** npm, without what the npm that runs the tests handed down. What is packed was built before: dist/ is in use here. */
export function npm(args: readonly string[]): string {
  const ran = spawnSync('npm', args, {
    cwd: PACKAGE,
    encoding: 'utf8',
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)/.test(name))),
    maxBuffer: 64 * 1024 * 1024,
  });
  if (ran.status !== 0) throw new Error(`npm ${args.join(' ')}:\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

/** Makes the tarball in `directory`; returns its path. */
export function pack(directory: string): string {
  const packed = npm(['pack', '--ignore-scripts', '--json', '--pack-destination', directory]);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  return join(directory, filename);
}

/** An installed command, from a directory that is nobody's, as a user without a home where this one may become it. */
export function asStranger(program: string, args: readonly string[]): SpawnSyncReturns<string> {
  const stranger = process.geteuid?.() === 0 ? { uid: 64_999, gid: 64_999 } : {};
  return spawnSync(program, args, {
    cwd: '/',
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: '/nonexistent' },
    ...stranger,
  });
}
