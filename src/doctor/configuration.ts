import { statSync } from 'node:fs';
import type { CommandContext } from '../commands/context.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { RcError } from '../errors.ts';
import { createComposer } from '../message/compose.ts';
import { type Finding, failedWith, ok, warning } from './finding.ts';

const NAME = 'configuration';
const BY_OTHERS = 0o002;
const READ_BY_OTHERS = 0o004;

/** Loads the configuration; null where it can not be used. */
export async function checkConfiguration({
  io,
  configPath,
}: CommandContext): Promise<{ loaded: LoadedConfig | null; findings: Finding[] }> {
  try {
    const loaded = await loadConfig({ path: configPath, env: io.env, cwd: io.cwd });
    return { loaded, findings: [ok(NAME, loaded.file), ...modes(loaded), ...(await template(loaded))] };
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    return { loaded: null, findings: [failedWith(NAME, thrown)] };
  }
}

function modes({ file, config, warnings }: LoadedConfig): Finding[] {
  const { mode } = statSync(file);
  const findings: Finding[] = [];
  const isWritable = (mode & BY_OTHERS) !== 0;
  if (isWritable) {
    findings.push(warning(NAME, `Every user of this machine may change ${file}.`, `chmod o-w ${file}`));
  }
  if (config.heartbeat.url !== null && (mode & READ_BY_OTHERS) !== 0) {
    const what = `Every user of this machine may read ${file}, which holds heartbeat.url.`;
    findings.push(warning(NAME, what, `chmod o-r ${file}`));
  }
  // The first of the loader's own is about the mode.
  const others = warnings.slice(isWritable ? 1 : 0);
  return [...findings, ...others.map((text) => warning(NAME, text, `Edit ${file}`))];
}

async function template({ config }: LoadedConfig): Promise<Finding[]> {
  try {
    await createComposer(config.message);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    return [failedWith('template', thrown)];
  }
}
