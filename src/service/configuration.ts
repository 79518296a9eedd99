import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { exampleConfig } from '../config/example.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Host } from './host.ts';
import { CONFIG_FILE, STATE_DIRECTORY } from './layout.ts';
import { hiddenFromService, isBelow, MADE_BY, unitWord } from './unit-text.ts';

/** What rc-notify.service is made for, and how much longer it waits than the scan's own deadline. */
const PACKAGED_DEADLINE_MS = 10 * 60_000;
const TO_SPARE_MS = 3 * 60_000;

export type Found = 'none' | 'wrong' | LoadedConfig;

/** The administrator's configuration; `wrong` = there is one that does not load. Throws RcError 78 where it is not to be read. */
export async function findConfig({ root }: Host): Promise<Found> {
  try {
    // As the service has it.
    return await loadConfig({ path: join(root, CONFIG_FILE), env: { STATE_DIRECTORY }, cwd: root });
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    if (thrown.code === 'ERR_RC_NO_CONFIG') return 'none';
    if ((thrown.cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES') throw thrown;
    return 'wrong';
  }
}

/** The example; at the service's place with the state where its scans and commands by hand both find it. */
export async function exampleFor(file: string): Promise<string> {
  const example = await exampleConfig();
  if (file !== CONFIG_FILE) return example;
  const line = /^( +directory:) null .*$/m;
  if (!line.test(example)) throw new Error('the example lacks state.directory');
  return example.replace(line, `$1 ${STATE_DIRECTORY}   # holds ledger.db and whatsapp/`);
}

/** A drop-in with what this configuration asks of the service beyond the packaged unit; null where it is nothing. */
export function configDropIn({ state, pace }: Config): string | null {
  const { directory } = state;
  const paths = isBelow(directory, STATE_DIRECTORY)
    ? ''
    : `ReadWritePaths=${unitWord(directory)}\nNoExecPaths=${unitWord(directory)}\n`;
  const seconds = Math.ceil((pace.deadline + TO_SPARE_MS) / 1000);
  const timeout = pace.deadline > PACKAGED_DEADLINE_MS ? `TimeoutStartSec=${seconds}s\n` : '';
  return paths + timeout === '' ? null : `${MADE_BY}[Service]\n${paths}${timeout}`;
}

/** Throws RcError 78 where the service could not see the state directory. */
export function refuseHiddenState({ state }: Config): void {
  if (!hiddenFromService(state.directory)) return;
  throw new RcError({
    code: 'ERR_RC_SERVICE_STATE',
    message: `state.directory is ${state.directory}, a place that the service is not shown; nothing was changed.`,
    hint: `Set it to ${STATE_DIRECTORY} in ${CONFIG_FILE}, then: sudo rc-notify service install`,
    exitCode: ExitCode.CONFIG,
  });
}
