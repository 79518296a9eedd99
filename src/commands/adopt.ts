import { loadConfig } from '../config/load.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { openAdoptionLedger, openAdoptionLedgerForLooking } from '../ledger/adoption.ts';
import { currentUser } from '../ledger/audit.ts';
import { acquireScanLock } from '../ledger/lock.ts';
import { machineId } from '../ledger/machine-id.ts';
import { ledgerExists, refuseForeignOwner } from '../ledger/state-directory.ts';
import { confirm } from '../terminal/ask.ts';
import { showTime } from '../time/show.ts';
import type { CommandContext } from './context.ts';
import { nobodyToAsk } from './usage.ts';

export interface AdoptOptions {
  readonly yes?: boolean | undefined;
  readonly reason?: string | undefined;
}

/**
 * Records that a ledger which was moved here belongs to this machine, so that it is scanned with again.
 * Throws RcError: 64 where a yes is missing, 78 without a usable configuration, 75 while a scan runs, 73 where the
 * ledger can not be used, 1 where there is no ledger or this machine has no id.
 */
export async function adopt(
  context: CommandContext,
  options: AdoptOptions,
  here: string | null = machineId(),
): Promise<ExitCode> {
  const { io, log, clock, configPath } = context;
  const { config } = await loadConfig({ path: configPath, env: io.env, cwd: io.cwd });
  const { directory } = config.state;
  refuseForeignOwner(directory);
  if (!ledgerExists(directory)) throw nothingToAdopt(directory);
  if (here === null) throw noMachineId();

  const { machine, lastScan } = look(directory, clock.now());
  if (machine === null || machine === here) {
    log.info(`The ledger in ${directory} belongs to no other machine; nothing to do. Next: rc-notify scan`);
    return ExitCode.OK;
  }
  log.info(`The ledger in ${directory} was last used on machine ${machine}; this is machine ${here}.`);
  log.warn('If the other machine goes on scanning with a copy of it, offices hear of everything twice.');
  if (options.yes !== true) {
    const agreed = await confirm(io, 'Has the other machine stopped, and is this one to take over?');
    if (agreed === null) throw nobodyToAsk('adopt');
    if (!agreed) {
      log.info('Nothing was changed.');
      return ExitCode.FAILED;
    }
  }
  adoptUnderLock(context, options, directory, machine, here);
  log.info(`This machine has taken the ledger over. ${nextStep(lastScan, config.message.timezone)}`);
  return ExitCode.OK;
}

function look(directory: string, now: Date): { machine: string | null; lastScan: string | null } {
  const ledger = openAdoptionLedgerForLooking(directory, now);
  try {
    return { machine: ledger.machine(), lastScan: ledger.lastScanEnd() };
  } finally {
    ledger.close();
  }
}

function adoptUnderLock(
  { io, clock }: CommandContext,
  { reason }: AdoptOptions,
  directory: string,
  from: string,
  to: string,
): void {
  const now = clock.now();
  const at = now.toISOString();
  const lock = acquireScanLock(directory, { command: 'adopt', pid: process.pid, since: at });
  try {
    const ledger = openAdoptionLedger(directory, now);
    try {
      ledger.adopt({ from, to, reason: reason ?? null, who: currentUser(io.env), at });
    } finally {
      ledger.close();
    }
  } finally {
    lock.release();
  }
}

function nextStep(lastScan: string | null, zone: string): string {
  const since =
    lastScan === null ? 'No scan of it ended yet.' : `Its last scan ended ${showTime(lastScan, zone)}.`;
  return [
    since,
    'See what the next scan would send: rc-notify scan --dry-run',
    'If offices were told in the meantime, record what is late now as told, without sending: rc-notify scan --baseline',
  ].join('\n');
}

function nothingToAdopt(directory: string): RcError {
  return new RcError({
    code: 'ERR_RC_NO_LEDGER',
    message: `There is no ledger in ${directory}, so there is nothing to adopt.`,
    hint: 'Copy ledger.db there, or let the first scan make a new one: rc-notify scan',
    exitCode: ExitCode.FAILED,
  });
}

function noMachineId(): RcError {
  return new RcError({
    code: 'ERR_RC_NO_MACHINE_ID',
    message: 'This machine has no id (/etc/machine-id is missing or empty); the ledger was left as it is.',
    hint: 'Make one with sudo systemd-machine-id-setup, then run rc-notify adopt again.',
    exitCode: ExitCode.FAILED,
  });
}
