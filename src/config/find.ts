import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { extname, isAbsolute, join, resolve } from 'node:path';
import type { CosmiconfigResult, Options } from 'cosmiconfig';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { asUser, groupToRead, letRead, readerOf, userName } from '../users.ts';

export interface Surroundings {
  /** `--config` as typed. */
  readonly path: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface ConfigText {
  /** Absolute. */
  readonly file: string;
  readonly text: string;
  /** Any user of this machine may change it. */
  readonly worldWritable: boolean;
}

/** A thousand NOCS take a tenth of it. */
const MOST_BYTES = 1024 * 1024;

/** Reads the configuration that applies. Throws RcError 78 where there is none or it can not be read. */
export async function readConfigText(surroundings: Surroundings): Promise<ConfigText> {
  const named = namedFile(surroundings);
  if (named !== undefined) {
    const found = await readIfPresent(named.file);
    if (found !== undefined) return found;
    throw noConfig(
      `${named.file}, named by ${named.by}, does not exist.`,
      `Write one: rc-notify config init ${named.file}`,
    );
  }
  const places = usualPlaces(surroundings);
  let forbidden: unknown;
  for (const place of places) {
    try {
      forbidden = undefined;
      const found = await readIfPresent(place);
      if (found !== undefined) return found;
    } catch (thrown) {
      if (!isOutOfSight((thrown as Error).cause)) throw thrown;
      forbidden = thrown;
    }
  }
  // The host's own configuration, the last place, is one that this user is not to see.
  if (forbidden !== undefined) throw forbidden;
  throw noConfig(
    ['There is no configuration. Looked for:', ...places.map((place) => `  ${place}`)].join('\n'),
    'Write one: rc-notify config init',
  );
}

function namedFile({ path, env, cwd }: Surroundings): { file: string; by: string } | undefined {
  if (path !== undefined) return { file: resolve(cwd, path), by: '--config' };
  if (env.RC_NOTIFY_CONFIG) return { file: resolve(cwd, env.RC_NOTIFY_CONFIG), by: 'RC_NOTIFY_CONFIG' };
  return undefined;
}

function usualPlaces({ env, cwd }: Surroundings): string[] {
  return [
    join(cwd, 'rc-notify.config.yaml'),
    join(xdgDirectory(env, 'XDG_CONFIG_HOME') ?? join(homeOf(env), '.config'), 'rc-notify', 'config.yaml'),
    '/etc/rc-notify/config.yaml',
  ];
}

/** The XDG Base Directory Specification has relative values ignored. */
export function xdgDirectory(env: Surroundings['env'], name: string): string | undefined {
  const directory = env[name];
  return directory !== undefined && isAbsolute(directory) ? directory : undefined;
}

export function homeOf(env: Surroundings['env']): string {
  if (env.HOME) return env.HOME;
  try {
    return homedir();
  } catch {
    // A user without an entry in passwd has none.
    return '/';
  }
}

async function readIfPresent(file: string): Promise<ConfigText | undefined> {
  try {
    const { size, mode } = await statRegularFile(file);
    if (size > MOST_BYTES) throw new Error('it is larger than 1 MiB');
    return { file, text: await readText(file), worldWritable: (mode & 0o002) !== 0 };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new RcError({
      code: 'ERR_RC_CONFIG',
      message: `The configuration ${file} can not be read: ${code === 'EACCES' ? 'permission denied' : messageOf(error)}.`,
      hint: code === 'EACCES' ? howToRead(file, error) : NAME_ANOTHER,
      exitCode: ExitCode.CONFIG,
      cause: error,
    });
  }
}

const NAME_ANOTHER = 'Name a file this user may read: rc-notify --config FILE config check';

function howToRead(file: string, error: unknown): string {
  const reader = readerOf(file);
  if (reader === userName(process.geteuid?.() ?? 0)) return NAME_ANOTHER;
  // Who scans is seldom root: root would be sent on to the owner of the state, and that one back here.
  if (reader === userName(0) && !isOutOfSight(error)) {
    const group = groupToRead();
    return `Let the group ${group} read it: ${letRead(group, file)}`;
  }
  return `Run it as a user who may read it: ${asUser(reader)}`;
}

/** Who runs it by `sudo -u` often stands in a directory that the other user may not look into. */
function isOutOfSight(error: unknown): boolean {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'EACCES' && syscall === 'stat';
}

async function statRegularFile(file: string) {
  const found = await stat(file);
  if (!found.isFile()) throw new Error('it is not a regular file');
  return found;
}

type Explorer = new (options: Partial<Options>) => { load(file: string): Promise<CosmiconfigResult> };

/**
 * `cosmiconfig()` itself first looks for settings of its own in the working directory, among them `.config/config.js`,
 * and runs it. The class behind it does not, and knows no loader but ours. Wrapping the text keeps its `$import` out.
 */
async function readText(file: string): Promise<string> {
  const asText = (_file: string, text: string) => ({ text });
  const loaders = { '.yaml': asText, '.yml': asText, '.json': asText };
  if (!(extname(file) in loaders)) throw new Error('its name must end in .yaml, .yml or .json');
  const { Explorer } = (await import('cosmiconfig/dist/Explorer.js')) as unknown as { Explorer: Explorer };
  const explorer = new Explorer({ loaders, searchPlaces: [], cache: false, transform: (result) => result });
  const loaded = await explorer.load(file);
  return loaded?.config?.text ?? '';
}

function noConfig(message: string, hint: string): RcError {
  return new RcError({ code: 'ERR_RC_NO_CONFIG', message, hint, exitCode: ExitCode.CONFIG });
}
