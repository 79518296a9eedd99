import { loadConfig } from '../config/load.ts';
import { ExitCode } from '../exit-codes.ts';
import { currentUser } from '../ledger/audit.ts';
import { acquireScanLock } from '../ledger/lock.ts';
import type { NotificationRow } from '../ledger/port.ts';
import {
  type Fate,
  openReleaseLedger,
  openReleaseLedgerForLooking,
  type Releasable,
  type ReleaseFilter,
  type ReleaseLedger,
} from '../ledger/release.ts';
import { askForWord, confirm } from '../terminal/ask.ts';
import { escapeControls } from '../terminal/visible.ts';
import type { CommandContext } from './context.ts';
import { inWords, type ResetOptions, readFate, readFilter } from './reset-options.ts';
import { count, reportDone, showSelection } from './reset-report.ts';
import { nobodyToAsk } from './usage.ts';

/** What a reset is about: the rows to release or decide, and those that are being sent and stay as they are. */
export interface Selection {
  readonly fate: Fate | null;
  readonly rows: readonly Releasable[];
  readonly beingSent: readonly Releasable[];
}

/**
 * Frees the keys of notifications, so that their meters are told again, or decides messages of unknown fate.
 * Nobody keeps scans waiting by thinking about the question: the lock is taken after the answer, and only rows that
 * are still as they were shown are changed.
 * Throws RcError: 64 for options that do not go together, or where a yes is missing; 78; 75 while a scan runs; 73.
 */
export async function reset(context: CommandContext, options: ResetOptions): Promise<ExitCode> {
  const { io, clock, log } = context;
  const fate = readFate(options);
  // A wrong date is told before a missing configuration, which alone knows the zone.
  readFilter(options, 'UTC', clock.now());
  const { config } = await loadConfig({ path: context.configPath, env: io.env, cwd: io.cwd });
  const { directory } = config.state;
  const filter = readFilter(options, config.message.timezone, clock.now());

  const looking = openReleaseLedgerForLooking(directory, clock.now());
  const selection = closing(looking, (ledger) => select(ledger, fate, filter));
  showSelection(context, options, selection, config.message.timezone);
  if (selection.rows.length === 0) {
    printJson(context, options, selection, []);
    return ExitCode.OK;
  }
  if (options.dryRun === true) {
    const untouched = openReleaseLedgerForLooking(directory, clock.now());
    const rows = closing(untouched, (ledger) => ledger.rows(selection.rows.map(({ id }) => id)));
    printJson(context, options, selection, rows);
    log.info('A dry run: nothing was changed.');
    return ExitCode.OK;
  }
  if (options.yes !== true && !(await agreed(context, options, selection))) {
    log.info('Nothing was changed.');
    return ExitCode.FAILED;
  }
  const changed = changeUnderLock(context, options, selection, directory);
  reportDone(context, selection, changed.length);
  printJson(context, options, selection, changed);
  return ExitCode.OK;
}

function closing<T>(ledger: ReleaseLedger & { close(): void }, use: (ledger: ReleaseLedger) => T): T {
  try {
    return use(ledger);
  } finally {
    ledger.close();
  }
}

function select(ledger: ReleaseLedger, fate: Fate | null, filter: ReleaseFilter): Selection {
  const found = fate === null ? ledger.select(filter) : ledger.selectUnknown(filter);
  return {
    fate,
    rows: found.filter((row) => row.send_status !== 'sending'),
    beingSent: found.filter((row) => row.send_status === 'sending'),
  };
}

async function agreed(
  { io }: CommandContext,
  { all }: ResetOptions,
  { fate, rows }: Selection,
): Promise<boolean> {
  const what = fate === null ? `Release ${count(rows.length)}?` : `Record ${count(rows.length)} as ${fate}?`;
  const answer = all === true ? await askForWord(io, what, 'all') : await confirm(io, what);
  if (answer === null) throw nobodyToAsk('reset');
  return answer;
}

function changeUnderLock(
  { io, clock }: CommandContext,
  options: ResetOptions,
  { fate, rows }: Selection,
  directory: string,
): NotificationRow[] {
  const now = clock.now();
  const at = now.toISOString();
  const act = { who: currentUser(io.env), at, target: inWords(options), reason: options.reason ?? null };
  const lock = acquireScanLock(directory, { command: 'reset', pid: process.pid, since: at });
  try {
    return closing(openReleaseLedger(directory, now), (ledger) =>
      ledger.rows(fate === null ? ledger.release(rows, act) : ledger.decide(rows, fate, act)),
    );
  } finally {
    lock.release();
  }
}

function printJson(
  { io }: CommandContext,
  { json, dryRun = false }: ResetOptions,
  { fate, rows, beingSent }: Selection,
  notifications: readonly NotificationRow[],
): void {
  if (json !== true) return;
  const released = fate === 'sent' ? 0 : notifications.length;
  const leftAlone = beingSent.length + rows.length - notifications.length;
  io.stdout.write(`${escapeControls(JSON.stringify({ released, leftAlone, dryRun, notifications }))}\n`);
}
