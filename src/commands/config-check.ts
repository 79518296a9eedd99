import { openChannel } from '../channel/open.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { createRouter, foldNocs, type Route } from '../config/nocs.ts';
import { ConfigError } from '../config/problem.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { createComposer } from '../message/compose.ts';
import { withDeadline } from '../scan/within.ts';
import { openSource } from '../source/open.ts';
import type { Source } from '../source/port.ts';
import { readRow } from '../source/row.ts';
import { renderTable } from '../terminal/table.ts';
import type { CommandContext } from './context.ts';

export interface ConfigCheckOptions {
  readonly json: boolean;
}

interface RoutedNocs extends Route {
  /** As the source spells it, else as the configuration does; null = rows without one. */
  readonly nocsName: string | null;
  /** RC commands in progress now. */
  readonly commands: number;
  /** False where `rules.onlyNocs` leaves it alone. */
  readonly inPilot: boolean;
}

interface SourceSurvey {
  readonly source: string;
  readonly commands: number;
  readonly invalid: number;
  readonly routes: readonly RoutedNocs[];
}

interface Checked extends LoadedConfig {
  /** Whether this version has its channel. */
  readonly usable: boolean;
}

/**
 * Checks the configuration and the template it names, and shows which group each NOCS of the source would get.
 * Reading the source may take as long as a scan (`pace.deadline`).
 * Throws RcError 78 with every mistake at once, or what the source throws; with `json` both are part of the answer.
 */
export async function configCheck(context: CommandContext, { json }: ConfigCheckOptions): Promise<ExitCode> {
  return json ? checkForMachines(context) : checkForPeople(context);
}

async function checkForPeople(context: CommandContext): Promise<ExitCode> {
  const { io, log } = context;
  const loaded = await load(context);
  const { file, config, warnings, usable } = loaded;
  for (const warning of warnings) log.warn(warning);
  const verdict = usable ? 'is right.' : 'has no mistakes, but this version can not send with it.';
  io.stdout.write(`The configuration ${verdict}\n\nFile:     ${file}\nChannel:  ${config.channel}\n`);
  const { source, commands, invalid, routes } = await survey(context, loaded);
  const unusable = invalid === 0 ? '' : `, ${invalid} unusable ${invalid === 1 ? 'row' : 'rows'}`;
  io.stdout.write(`Source:   ${source}\n          ${commands} RC commands in progress${unusable}\n\n`);
  io.stdout.write(
    renderTable(
      routes.map((route) => [
        route.nocsName ?? '(empty)',
        String(route.commands),
        route.groupId ?? '-',
        remark(route),
      ]),
      {
        head: ['NOCS', 'Commands', 'Group', 'Remark'],
        terminal: io.stdout.isTTY === true,
        columns: io.stdout.columns ?? 80,
      },
    ),
  );
  return ExitCode.OK;
}

async function checkForMachines(context: CommandContext): Promise<ExitCode> {
  let loaded: Checked | undefined;
  let surveyed: SourceSurvey | undefined;
  let failure: RcError | undefined;
  try {
    loaded = await load(context);
    surveyed = await survey(context, loaded);
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
    warnings: loaded?.warnings ?? [],
    source: surveyed?.source ?? null,
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

async function load(context: CommandContext): Promise<Checked> {
  const { io, configPath, colour } = context;
  const loaded = await loadConfig({ path: configPath, env: io.env, cwd: io.cwd });
  const { config, warnings } = loaded;
  await createComposer(config.message);
  // The source's refusal ends the check; the channel's would be met by the first scan only.
  await openSource(config, context);
  const channel = await refusal(openChannel(config, { write: async () => {}, colour, columns: 80 }));
  return {
    ...loaded,
    warnings: channel === null ? warnings : [...warnings, `${channel.message} ${channel.hint}`],
    usable: channel === null,
  };
}

async function refusal(opening: Promise<unknown>): Promise<RcError | null> {
  try {
    await opening;
    return null;
  } catch (thrown) {
    if (thrown instanceof RcError) return thrown;
    throw thrown;
  }
}

async function survey(context: CommandContext, { config }: LoadedConfig): Promise<SourceSurvey> {
  const { clock } = context;
  const source = await openSource(config, context);
  const now = clock.now();
  const read = { timezone: config.source.timezone, now, once: config.rules.once };
  const limit = now.getTime() + config.pace.deadline;
  const counts = await withDeadline(clock, limit, new AbortController().signal, (signal) =>
    countByNocs(source, read, signal),
  );
  const seen = [...counts.byNocs.values()];
  const expected = Object.keys(config.groups.byNocs).filter((name) => !counts.byNocs.has(foldNocs(name)));
  const route = createRouter(config.groups);
  const pilot = new Set(config.rules.onlyNocs.map(foldNocs));
  const routes = [...seen, ...expected.map((nocsName) => ({ nocsName, commands: 0 }))].map((nocs) => ({
    ...nocs,
    ...route(nocs.nocsName),
    inPilot: pilot.size === 0 || pilot.has(foldNocs(nocs.nocsName ?? '')),
  }));
  routes.sort((a, b) => (a.nocsName ?? '').localeCompare(b.nocsName ?? ''));
  return { source: source.description, ...counts.totals, routes };
}

async function countByNocs(source: Source, options: Parameters<typeof readRow>[1], signal: AbortSignal) {
  const byNocs = new Map<string, { nocsName: string | null; commands: number }>();
  const totals = { commands: 0, invalid: 0 };
  for await (const { rows } of source.read(signal)) {
    for (const row of rows) {
      const result = readRow(row, options);
      if ('invalid' in result) {
        totals.invalid += 1;
        continue;
      }
      totals.commands += 1;
      const { nocsName } = result.command;
      const key = foldNocs(nocsName ?? '');
      const nocs = byNocs.get(key) ?? { nocsName, commands: 0 };
      nocs.commands += 1;
      byNocs.set(key, nocs);
    }
  }
  return { byNocs, totals };
}

function remark({ by, commands, inPilot }: RoutedNocs): string {
  if (!inPilot) return 'not in the pilot';
  if (by === 'none') return 'NO GROUP: waits';
  if (by === 'default') return 'default group';
  return commands === 0 ? 'not in the source' : '';
}
