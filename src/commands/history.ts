import type { Database } from 'better-sqlite3';
import { loadConfig } from '../config/load.ts';
import { ExitCode } from '../exit-codes.ts';
import { openLedgerForLooking } from '../ledger/database.ts';
import { newestNotifications } from '../ledger/history.ts';
import { translateLedgerError } from '../ledger/ledger-errors.ts';
import { ledgerExists, ledgerPath } from '../ledger/state-directory.ts';
import { notificationStatistics } from '../ledger/statistics.ts';
import { meterStory } from '../ledger/story.ts';
import { writeAll } from '../terminal/write.ts';
import type { CommandContext } from './context.ts';
import { type HistoryOptions, type HistoryRequest, readHistoryOptions } from './history-options.ts';
import {
  notificationJson,
  notificationTable,
  type Screen,
  statisticsJson,
  statisticsTables,
  storyTable,
} from './history-output.ts';

/**
 * Shows what the ledger holds. It only looks: no lock, nothing created, at any time, beside a running scan too.
 * Throws RcError: 64 for wrong options, 78 without a usable configuration, 73 without a readable ledger.
 */
export async function historyCommand(context: CommandContext, options: HistoryOptions): Promise<ExitCode> {
  const { io, log, clock, configPath } = context;
  // A wrong option is told before a missing configuration, which alone knows the zone.
  readHistoryOptions(options, 'UTC', clock.now());
  const { config } = await loadConfig({ path: configPath, env: io.env, cwd: io.cwd });
  const { directory } = config.state;
  const zone = config.message.timezone;
  const request = readHistoryOptions(options, zone, clock.now());
  const database = openLedgerForLooking(directory, clock.now());
  try {
    const found = request.stats
      ? await showStatistics(context, request, database)
      : await showNotifications(context, request, database, zone);
    if (!found) log.info(nothingFound(request, directory));
    return ExitCode.OK;
  } catch (thrown) {
    throw translateLedgerError(thrown, ledgerPath(directory));
  } finally {
    database.close();
  }
}

async function showStatistics(
  { io }: CommandContext,
  { filter, format }: HistoryRequest,
  database: Database,
): Promise<boolean> {
  const statistics = notificationStatistics(database, filter);
  const text = format === 'json' ? statisticsJson(statistics) : statisticsTables(statistics, screenOf(io));
  await writeAll(io.stdout, [text]);
  return statistics.notifications + statistics.baseline > 0;
}

async function showNotifications(
  { io, log }: CommandContext,
  { filter, limit, format }: HistoryRequest,
  database: Database,
  zone: string,
): Promise<boolean> {
  const { meter } = filter;
  const story = meter === undefined || format === 'csv' ? null : meterStory(database, meter, zone);
  const taken = { rows: 0 };
  const rows = counting(newestNotifications(database, filter, limit), taken);
  if (format === 'csv') {
    const { notificationCsv } = await import('./history-csv.ts');
    await writeAll(io.stdout, notificationCsv(rows));
  } else if (format === 'json') {
    await writeAll(io.stdout, notificationJson(rows, story));
  } else {
    await writeAll(io.stdout, notificationTable(rows, zone, screenOf(io)));
    if (meter !== undefined && story !== null && story.length > 0) {
      const gap = taken.rows > 0 ? '\n' : '';
      await writeAll(io.stdout, [gap, storyTable(meter, story, zone, screenOf(io))]);
    }
  }
  if (taken.rows === limit) {
    log.info(`These are the newest ${limit} at most; for more: rc-notify history --limit ${limit * 10}`);
  }
  return taken.rows > 0 || (story !== null && story.length > 0);
}

function* counting<V>(values: Iterable<V>, taken: { rows: number }): Generator<V> {
  for (const value of values) {
    taken.rows += 1;
    yield value;
  }
}

function screenOf({ stdout }: CommandContext['io']): Screen {
  return { terminal: stdout.isTTY === true, columns: stdout.columns ?? 80 };
}

function nothingFound({ filter }: HistoryRequest, directory: string): string {
  if (!ledgerExists(directory)) {
    return `There is no ledger in ${directory} yet; the first scan makes it: rc-notify scan`;
  }
  if (Object.values(filter).every((value) => value === undefined)) {
    return `The ledger in ${directory} has no notifications yet; a scan that finds late commands adds them: rc-notify scan`;
  }
  if (filter.meter !== undefined) {
    return `Nothing is recorded for that; meter numbers are written as in the source, leading zeros included. All meters: rc-notify history`;
  }
  return 'No notification fits; try fewer filters, or see the newest of all: rc-notify history';
}
