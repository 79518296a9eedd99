import { profileOf } from '../channel/whatsapp/profile.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { ExitCode } from '../exit-codes.ts';
import { type Drift, driftOf } from '../health/drift.ts';
import { type LinkAge, linkAge } from '../health/link-age.ts';
import { readTimer, type Timer } from '../health/timer.ts';
import { type LockHolder, lookAtScanLock } from '../ledger/lock.ts';
import { type Overview, openOverview } from '../ledger/overview.ts';
import { pilotTest } from '../scan/judge-context.ts';
import { familyOf } from '../scan/ports.ts';
import { escapeControls } from '../terminal/visible.ts';
import type { CommandContext } from './context.ts';
import { statusReport } from './status-report.ts';
import { usageError } from './usage.ts';

export interface StatusOptions {
  readonly json?: boolean | undefined;
  /** A file for node_exporter's textfile collector, relative to the working directory; `-` = standard output. */
  readonly prometheus?: string | undefined;
}

export interface Status {
  readonly overview: Overview;
  /** The run that holds the scan lock now; `holder` null where it does not say who it is. */
  readonly running: { readonly holder: LockHolder | null } | null;
  /** Null where the channel has no link. */
  readonly session: Session | null;
  /** Null where there is no systemd. */
  readonly timer: Timer | null;
  readonly drift: Drift;
}

interface Session extends Partial<LinkAge> {
  readonly isLinked: boolean;
  readonly account: string | null;
  readonly linkedAt: string | null;
  readonly lastConnectedAt: string | null;
}

/**
 * Shows the last scans, what waits and why, and what is coming. It only looks, also while a scan runs.
 * Throws RcError: 64 where two things would go to standard output, 78 without a usable configuration, 73 without a readable
 * ledger, or where `prometheus` can not be written.
 */
export async function status(
  context: CommandContext,
  { json = false, prometheus }: StatusOptions,
): Promise<ExitCode> {
  const { io, log, clock, configPath } = context;
  if (json && prometheus === '-') {
    throw usageError(
      '--json and --prometheus - would both print on standard output; nothing was printed.',
      'Give one of the two, or name a file: rc-notify status --json --prometheus FILE',
    );
  }
  const { config } = await loadConfig({ path: configPath, env: io.env, cwd: io.cwd });
  const now = clock.now();
  const found = await look(config, io.env, now);
  if (prometheus !== undefined) {
    const { metricsText, writeMetrics } = await import('./status-prometheus.ts');
    const text = metricsText(found, config);
    if (prometheus === '-') io.stdout.write(text);
    else log.info(`Wrote ${writeMetrics(prometheus, io.cwd, text)}.`);
  }
  if (json) io.stdout.write(`${escapeControls(JSON.stringify(asJson(found, config)))}\n`);
  else if (prometheus === undefined) io.stdout.write(statusReport(found, config, io.stdout));
  return ExitCode.OK;
}

async function look(config: Config, env: CommandContext['io']['env'], now: Date): Promise<Status> {
  const { channel, rules, state } = config;
  const lock = lookAtScanLock(state.directory);
  const ledger = openOverview(state.directory, now);
  try {
    const overview = ledger.read({ channel, family: familyOf(channel), inPilot: pilotTest(rules), now });
    return {
      overview,
      running: lock.isHeld ? { holder: lock.holder } : null,
      session: channel === 'whatsapp' ? sessionOf(overview, state.directory, now) : null,
      timer: await readTimer(env),
      drift: driftOf(config, overview),
    };
  } finally {
    ledger.close();
  }
}

function sessionOf({ link }: Overview, directory: string, now: Date): Session {
  const isLinked = profileOf(directory).exists();
  if (link === null) return { isLinked, account: null, linkedAt: null, lastConnectedAt: null };
  return { isLinked, ...link, ...linkAge(link.lastConnectedAt, now) };
}

function asJson({ overview, running, session, timer, drift }: Status, { pace }: Config): object {
  const { scans, lastSuccessAt, outstanding, waiting, handedOver } = overview;
  return {
    running: running === null ? null : (running.holder ?? {}),
    scans,
    lastSuccessAt,
    ...outstanding,
    waiting,
    messagesLastDay: { handedOver, limit: pace.perDay },
    session,
    timer,
    nextRun: timer?.nextRun ?? null,
    routing: drift,
  };
}
