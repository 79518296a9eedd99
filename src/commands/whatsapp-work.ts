import process from 'node:process';
import type { WebClientOptions } from '../channel/whatsapp/web-client.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { acquireScanLock } from '../ledger/lock.ts';
import type { ScanLedger } from '../ledger/port.ts';
import type { Runtime } from '../runtime.ts';
import type { CommandContext } from './context.ts';

export interface WhatsAppWork {
  readonly config: Config;
  readonly web: WebClientOptions;
  readonly ledger: ScanLedger;
  /** Aborted by SIGTERM and SIGINT. */
  readonly stop: AbortSignal;
}

/**
 * Runs what needs the profile: under the scan lock, with the ledger open, ended in order by a signal.
 * Throws RcError: 78 configuration, 75 while a scan runs or where a signal came first, 73 ledger.
 */
export async function withProfile<T>(
  context: CommandContext,
  runtime: Runtime,
  command: string,
  work: (work: WhatsAppWork) => Promise<T>,
): Promise<T> {
  const { io, log, configPath } = context;
  const { config, warnings } = await loadConfig({ path: configPath, env: io.env, cwd: io.cwd });
  for (const warning of warnings) log.warn(warning);
  return withProfileOf(config, context, runtime, command, work);
}

/** The same with a configuration that was loaded before. Throws RcError: 75 and 73 as above. */
export async function withProfileOf<T>(
  config: Config,
  { io, log }: CommandContext,
  runtime: Runtime,
  command: string,
  work: (work: WhatsAppWork) => Promise<T>,
): Promise<T> {
  const { profileOf } = await import('../channel/whatsapp/profile.ts');
  const { clock } = runtime;
  const { directory } = config.state;
  const now = clock.now();
  const lock = acquireScanLock(directory, { command, pid: process.pid, since: now.toISOString() });
  const stop = new AbortController();
  const stopListening = runtime.onStopSignal(() => stop.abort());
  try {
    const ledger = await runtime.openLedger(directory, now);
    try {
      const web = { whatsapp: config.whatsapp, profile: profileOf(directory), env: io.env, clock, log };
      return await work({ config, web, ledger, stop: stop.signal });
    } catch (thrown) {
      throw stop.signal.aborted && thrown instanceof RcError ? stopped(command) : thrown;
    } finally {
      ledger.close();
    }
  } finally {
    stopListening();
    lock.release();
  }
}

export function stopped(command: string): RcError {
  return new RcError({
    code: 'ERR_RC_STOPPED',
    message: `Stopped by a signal before it was done; the browser was closed and nothing was lost.`,
    hint: `The same command starts again (rc-notify ${command}).`,
    exitCode: ExitCode.TEMPFAIL,
  });
}

/** The account the last scan sent as; what is linked to another one is told, and not recorded. */
export function warnOfOtherAccount(
  { ledger }: WhatsAppWork,
  account: string,
  log: CommandContext['log'],
): boolean {
  const known = ledger.link('whatsapp')?.account ?? null;
  if (known === null || known === account) return false;
  log.warn(
    `The profile is linked to ${account}, scans so far sent as ${known}: they stop until rc-notify login --replace.`,
    { code: 'ERR_RC_OTHER_ACCOUNT' },
  );
  return true;
}
