import type { Config } from './config.ts';
import { type ConfigDocument, parseConfigText } from './document.ts';
import { readConfigText, type Surroundings } from './find.ts';
import { formatKeyPath, isRecord, type KeyPath, valueAt } from './key-path.ts';
import { ConfigError, type ConfigProblem } from './problem.ts';
import { defaultStateDirectory, type ResolvedSettings, resolvePaths, toConfig } from './resolve.ts';
import type { Settings } from './schema.ts';
import { validate } from './validate.ts';

export type Origin =
  | { readonly from: 'default' }
  | { readonly from: 'file'; readonly line: number }
  | { readonly from: 'environment'; readonly variable: string };

export interface LoadedConfig {
  readonly config: Config;
  /** The same as it would be written in a file: durations as text, defaults filled in, paths absolute. */
  readonly settings: ResolvedSettings;
  /** Absolute path of the configuration file. */
  readonly file: string;
  /** Where each value comes from, by its path such as `pace.minGap`. */
  readonly origins: Readonly<Record<string, Origin>>;
  readonly warnings: readonly string[];
}

/**
 * Finds, reads and checks the configuration.
 * Throws RcError 78: ERR_RC_NO_CONFIG where there is none, ConfigError with every mistake at once where it is wrong.
 */
export async function loadConfig(surroundings: Surroundings): Promise<LoadedConfig> {
  const { file, text, worldWritable } = await readConfigText(surroundings);
  const document = parseConfigText(text);
  const written = settingsOf(document, file, surroundings);

  const stateDirectory = defaultStateDirectory(surroundings);
  const settings = resolvePaths(written, file, stateDirectory.path);
  const origins = originsOf(settings, document);
  if (written.state.directory === null) {
    const { variable } = stateDirectory;
    origins['state.directory'] =
      variable === undefined ? { from: 'default' } : { from: 'environment', variable };
  }
  return {
    config: toConfig(settings),
    settings,
    file,
    origins,
    warnings: warningsAbout(settings, worldWritable),
  };
}

function settingsOf(document: ConfigDocument, file: string, { path }: Surroundings): Settings {
  const validation = document.value === undefined ? undefined : validate(document.value);
  if (validation !== undefined && 'settings' in validation && document.problems.length === 0)
    return validation.settings;

  const problems: ConfigProblem[] = [...document.problems];
  if (validation !== undefined && !('settings' in validation)) {
    for (const { path, message } of validation.mistakes) problems.push(problemAt(path, message, document));
    for (const { between, message } of validation.contradictions) {
      const written = between.find((path) => document.find(path) !== undefined) ?? between[0];
      problems.push(problemAt(written, message, document));
    }
  }
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const again = path === undefined ? 'config check' : `--config ${path} config check`;
  throw new ConfigError(file, problems, `Correct the file, then run: rc-notify ${again}`);
}

/** Where a key is missing, the section it belongs to is the place to look. */
function problemAt(path: KeyPath, message: string, document: ConfigDocument): ConfigProblem {
  const places = path.map((_, depth) => document.find(path.slice(0, path.length - depth)));
  const place = places.find((position) => position !== undefined);
  return { path: formatKeyPath(path), line: place?.line ?? null, column: place?.column ?? null, message };
}

function originsOf(value: unknown, document: ConfigDocument, path: KeyPath = []): Record<string, Origin> {
  if (isRecord(value) && Object.keys(value).length > 0) {
    const inner = Object.keys(value).map((key) => originsOf(valueAt(value, [key]), document, [...path, key]));
    return Object.assign({}, ...inner);
  }
  const position = document.find(path);
  return {
    [formatKeyPath(path)]:
      position === undefined ? { from: 'default' } : { from: 'file', line: position.line },
  };
}

function warningsAbout({ channel, groups }: Settings, worldWritable: boolean): string[] {
  const warnings: string[] = [];
  if (worldWritable)
    warnings.push('Every user of this machine may change the configuration file; chmod o-w forbids it.');
  if (channel === 'whatsapp' && groups.default === null) {
    warnings.push(
      'groups.default is not set: commands of a NOCS that groups.byNocs does not name will wait.',
    );
  }
  return warnings;
}
