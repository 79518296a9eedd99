import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { createRouter } from '../config/nocs.ts';
import { ExitCode } from '../exit-codes.ts';
import { currentUser } from '../ledger/audit.ts';
import { openMuteLedger, openMuteLedgerForLooking } from '../ledger/mutes.ts';
import type { Mute } from '../ledger/port.ts';
import { renderTable } from '../terminal/table.ts';
import { escapeControls } from '../terminal/visible.ts';
import { showTime } from '../time/show.ts';
import type { CommandContext } from './context.ts';
import { type MuteOptions, readUntil, readWhat } from './mute-options.ts';
import { usageError } from './usage.ts';

/**
 * Keeps messages about a meter or an office back until then, ends that, or lists it. No lock: a scan that is running
 * goes by what was muted when it began.
 * Throws RcError: 64 for options that do not go together, 78 without a usable configuration, 73 without a ledger.
 */
export async function mute(context: CommandContext, options: MuteOptions): Promise<ExitCode> {
  const what = readWhat(options);
  // A wrong date is told before a missing configuration, which alone knows the zone.
  readUntil(options, 'UTC', context.clock.now());
  const { config } = await loadConfig({
    path: context.configPath,
    env: context.io.env,
    cwd: context.io.cwd,
  });
  if (what === null) list(context, options, config);
  else if (options.end === true) end(context, options, config, what);
  else begin(context, options, config, what);
  return ExitCode.OK;
}

function begin(
  { io, log, clock }: CommandContext,
  options: MuteOptions,
  { state, message, groups }: Config,
  what: Mute,
): void {
  const now = clock.now();
  const until = readUntil(options, message.timezone, now);
  if (until !== null && until <= now.toISOString()) {
    throw usageError(
      `--until ${options.until} is over already (${message.timezone}); nothing was muted.`,
      'Name a time to come, or how long: rc-notify mute --for 12h ...',
    );
  }
  const made = { created_by: currentUser(io.env), created_at: now.toISOString() };
  const ledger = openMuteLedger(state.directory, now);
  try {
    ledger.begin({ ...what, ...made, until, reason: options.reason ?? null });
  } finally {
    ledger.close();
  }
  const end = until === null ? 'until it is ended' : `until ${showTime(until, message.timezone)}`;
  log.info(
    `Muted ${nameOf(what)} ${end}: no messages; what is still late then is told. To end it now: rc-notify mute --end ${selectorOf(what)}`,
  );
  if (what.kind === 'nocs' && createRouter(groups)(what.name).by !== 'nocs') {
    log.warn(
      `groups.byNocs does not name ${what.name}. If that is not the spelling of the source, nothing is muted: rc-notify config check lists its offices.`,
    );
  }
}

function end(
  { io, log, clock }: CommandContext,
  { reason }: MuteOptions,
  { state }: Config,
  what: Mute,
): void {
  const now = clock.now();
  const ledger = openMuteLedger(state.directory, now);
  try {
    if (ledger.end(what, reason ?? null, currentUser(io.env), now.toISOString())) {
      log.info(`No longer muted: ${nameOf(what)}; the next scan tells what is late: rc-notify scan`);
    } else {
      log.warn(`Not muted: ${nameOf(what)}; nothing was changed. What is muted: rc-notify mute --list`);
    }
  } finally {
    ledger.close();
  }
}

function list({ io, log, clock }: CommandContext, { json }: MuteOptions, { state, message }: Config): void {
  const ledger = openMuteLedgerForLooking(state.directory, clock.now());
  try {
    const mutes = ledger.inForce(clock.now().toISOString());
    if (json === true) io.stdout.write(`${escapeControls(JSON.stringify({ mutes }))}\n`);
    else if (mutes.length === 0) log.info('Nothing is muted.');
    else {
      const head = ['MUTED', 'UNTIL', 'BY', 'SINCE', 'REASON'];
      const cells = mutes.map((row) => [
        nameOf(row),
        row.until === null ? 'ended by hand' : showTime(row.until, message.timezone),
        row.created_by,
        showTime(row.created_at, message.timezone),
        row.reason ?? '-',
      ]);
      const { isTTY: terminal = false, columns = 80 } = io.stdout;
      io.stdout.write(renderTable(cells, { head, terminal, columns }));
    }
  } finally {
    ledger.close();
  }
}

function nameOf({ kind, name }: Mute): string {
  return kind === 'meter' ? `meter ${name}` : `office ${name}`;
}

function selectorOf({ kind, name }: Mute): string {
  return `--${kind} ${/^[\w.-]+$/.test(name) ? name : `'${name}'`}`;
}
