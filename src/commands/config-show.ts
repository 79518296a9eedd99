import { loadConfig } from '../config/load.ts';
import { maskSecrets, renderSettings } from '../config/show.ts';
import { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from './context.ts';

export interface ConfigShowOptions {
  readonly json: boolean;
}

/** Prints the effective configuration with the origin of each value. Throws RcError 78 where it is missing or wrong. */
export async function configShow(
  { io, log, configPath }: CommandContext,
  { json }: ConfigShowOptions,
): Promise<ExitCode> {
  const loaded = await loadConfig({ path: configPath, env: io.env, cwd: io.cwd });
  for (const warning of loaded.warnings) log.warn(warning);
  if (json) {
    const { file, settings, origins } = loaded;
    io.stdout.write(`${JSON.stringify({ file, config: maskSecrets(settings), origins }, null, 2)}\n`);
  } else {
    io.stdout.write(renderSettings(loaded));
  }
  return ExitCode.OK;
}
