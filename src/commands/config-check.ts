import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { createComposer } from '../message/compose.ts';
import { openSource } from '../source/open.ts';
import type { Source, Survey } from '../source/port.ts';
import { renderFound, renderRoutes } from './config-check-report.ts';
import { type Listener, type SurveyedSource, surveySource } from './config-check-survey.ts';
import type { CommandContext } from './context.ts';

export interface ConfigCheckOptions {
  readonly json: boolean;
}

interface Checked extends LoadedConfig {
  readonly source: Source;
}

const NOTHING_FOUND = { server: null, clock: null, columns: null, firstRowMs: null, wholeRead: null };

/**
 * Checks the configuration and the template it names, surveys the source, and shows which group each of its NOCS would
 * get. Reading the source may take as long as a scan (`pace.deadline`).
 * Throws RcError 78 with every mistake at once, or what the source throws; with `json` both are part of the answer.
 */
export async function configCheck(context: CommandContext, { json }: ConfigCheckOptions): Promise<ExitCode> {
  return json ? checkForMachines(context) : checkForPeople(context);
}

async function checkForPeople(context: CommandContext): Promise<ExitCode> {
  const { io, log, clock } = context;
  const { warn } = log;
  const { file, config, source } = await load(context, warn);
  io.stdout.write(`${verdict(config.rules)}\n\nFile:     ${file}\nChannel:  ${config.channel}\n`);
  io.stdout.write(`Source:   ${source.description}\n`);
  const tell = (found: Partial<Survey>) => {
    io.stdout.write(renderFound(found, config.source.oracle.callTimeout, io.stdout));
  };
  const surveyed = await surveySource(source, config, clock, { tell, warn });
  io.stdout.write(renderRoutes(surveyed, io.stdout));
  return ExitCode.OK;
}

/** What can be said before the source has shown its columns, of which `rules.once` may need more than others do. */
function verdict({ once }: Checked['config']['rules']): string {
  if (once === 'meter') return 'The configuration is right.';
  return `The file is right; whether the source has what rules.once: ${once} needs, reading it tells.`;
}

async function checkForMachines(context: CommandContext): Promise<ExitCode> {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const found: Partial<Survey> = {};
  const tell = (part: Partial<Survey>) => void Object.assign(found, part);
  let loaded: Checked | undefined;
  let surveyed: SurveyedSource | undefined;
  let failure: RcError | undefined;
  try {
    loaded = await load(context, warn);
    surveyed = await surveySource(loaded.source, loaded.config, context.clock, { tell, warn });
  } catch (error) {
    if (!(error instanceof RcError)) throw error;
    failure = error;
  }
  const wrong = failure instanceof ConfigError ? failure : undefined;
  const exitCode = failure?.exitCode ?? ExitCode.OK;
  const answer = {
    ok: loaded !== undefined,
    file: loaded?.file ?? wrong?.file ?? null,
    channel: loaded?.config.channel ?? null,
    problems: wrong?.problems ?? [],
    warnings,
    source: surveyed === undefined ? null : (loaded?.source.description ?? null),
    database: loaded?.source.survey === undefined ? null : { ...NOTHING_FOUND, ...found },
    commands: surveyed?.commands ?? null,
    invalid: surveyed?.invalid ?? null,
    routes: surveyed?.routes ?? [],
    errors:
      failure === undefined ? [] : [{ code: failure.code, message: failure.message, hint: failure.hint }],
    exitCode,
  };
  context.io.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  return exitCode;
}

async function load({ io, configPath }: CommandContext, warn: Listener['warn']): Promise<Checked> {
  const loaded = await loadConfig({ path: configPath, env: io.env, cwd: io.cwd });
  const { config, warnings } = loaded;
  await createComposer(config.message);
  const source = await openSource(config, { io, log: { warn } });
  for (const warning of warnings) warn(warning);
  return { ...loaded, source };
}
