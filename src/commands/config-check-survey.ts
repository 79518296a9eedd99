import type { Config } from '../config/config.ts';
import { createRouter, foldNocs, type Route } from '../config/nocs.ts';
import type { Clock } from '../io.ts';
import { refuseMissingIdentity } from '../scan/identity.ts';
import { withDeadline } from '../scan/within.ts';
import type { RowBatch, Source, SourceField, Survey } from '../source/port.ts';
import { readRow } from '../source/row.ts';
import type { Log } from '../terminal/log.ts';
import { surveyWarnings } from './config-check-warnings.ts';

export interface RoutedNocs extends Route {
  /** As the source spells it, else as the configuration does; null = rows without one. */
  readonly nocsName: string | null;
  /** RC commands in progress now. */
  readonly commands: number;
  /** False where `rules.onlyNocs` leaves it alone. */
  readonly inPilot: boolean;
}

export interface SurveyedSource {
  readonly commands: number;
  readonly invalid: number;
  readonly routes: readonly RoutedNocs[];
}

/** Who hears of what is found before all of it is. */
export interface Listener {
  readonly tell: (found: Partial<Survey>) => void;
  readonly warn: Log['warn'];
}

interface Counts {
  readonly byNocs: ReadonlyMap<string, { readonly nocsName: string | null; readonly commands: number }>;
  readonly commands: number;
  readonly invalid: number;
  readonly fields: ReadonlySet<SourceField>;
}

/**
 * Reads the source once, within `pace.deadline`, and routes each NOCS. Throws what the source throws, or RcError 78 as a
 * scan does where `rules.once` needs a column that is missing.
 */
export async function surveySource(
  source: Source,
  config: Config,
  clock: Clock,
  { tell, warn }: Listener,
): Promise<SurveyedSource> {
  const found: { -readonly [part in keyof Survey]?: Survey[part] } = {};
  const surveyor = {
    now: () => clock.now(),
    tell: (part: Partial<Survey>) => {
      Object.assign(found, part);
      tell(part);
    },
  };
  const now = clock.now();
  const read = { timezone: config.source.timezone, now, once: config.rules.once };
  const limit = now.getTime() + config.pace.deadline;
  const { byNocs, commands, invalid, fields } = await withDeadline(
    clock,
    limit,
    new AbortController().signal,
    (signal) => countByNocs(source.survey?.(surveyor, signal) ?? source.read(signal), read),
  );
  for (const warning of surveyWarnings(source.description, found, fields, config)) warn(warning);
  refuseMissingIdentity(fields, config.rules.once);
  return { commands, invalid, routes: routesOf(byNocs, config) };
}

async function countByNocs(
  batches: AsyncIterable<RowBatch>,
  options: Parameters<typeof readRow>[1],
): Promise<Counts> {
  const byNocs = new Map<string, { nocsName: string | null; commands: number }>();
  let [commands, invalid] = [0, 0];
  let fields: ReadonlySet<SourceField> = new Set();
  for await (const batch of batches) {
    fields = batch.fields;
    for (const row of batch.rows) {
      const result = readRow(row, options);
      if ('invalid' in result) {
        invalid += 1;
        continue;
      }
      commands += 1;
      const { nocsName } = result.command;
      const key = foldNocs(nocsName ?? '');
      const nocs = byNocs.get(key) ?? { nocsName, commands: 0 };
      nocs.commands += 1;
      byNocs.set(key, nocs);
    }
  }
  return { byNocs, commands, invalid, fields };
}

function routesOf(byNocs: Counts['byNocs'], { groups, rules }: Config): RoutedNocs[] {
  const expected = Object.keys(groups.byNocs).filter((name) => !byNocs.has(foldNocs(name)));
  const route = createRouter(groups);
  const pilot = new Set(rules.onlyNocs.map(foldNocs));
  const routes = [...byNocs.values(), ...expected.map((nocsName) => ({ nocsName, commands: 0 }))].map(
    (nocs) => ({
      ...nocs,
      ...route(nocs.nocsName),
      inPilot: pilot.size === 0 || pilot.has(foldNocs(nocs.nocsName ?? '')),
    }),
  );
  return routes.sort((a, b) => (a.nocsName ?? '').localeCompare(b.nocsName ?? ''));
}
