import { resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { idleChannel, openChannel } from '../channel/open.ts';
import type { Channel } from '../channel/port.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { createComposer } from '../message/compose.ts';
import type { Runtime } from '../runtime.ts';
import { ping } from '../scan/heartbeat.ts';
import type { ScanPorts, ScanSettings } from '../scan/ports.ts';
import type { ScanResult } from '../scan/result.ts';
import { scan } from '../scan/scan.ts';
import { openSource } from '../source/open.ts';
import { clearProgressLine, createProgress } from '../terminal/progress.ts';
import type { CommandContext } from './context.ts';
import { abortedScanAsJson, printScan } from './scan-report.ts';

export interface ScanOptions {
  readonly dryRun: boolean;
  readonly baseline: boolean;
  readonly explain: boolean;
  readonly json: boolean;
  /** A file to read instead of the configured source, relative to the working directory; `-` = standard input. */
  readonly source: string | undefined;
  readonly nocs: readonly string[] | undefined;
  readonly limit: number | undefined;
}

/** Reads, decides, tells, and says what it did. Returns the exit code of DESIGN's list; errors are printed here. */
export async function scanCommand(
  context: CommandContext,
  options: ScanOptions,
  runtime: Runtime,
): Promise<ExitCode> {
  const startedAt = runtime.clock.now();
  // Rows and answers are short-lived: a young generation that grows over them costs memory and saves no time.
  setFlagsFromString('--semi-space-growth-factor=1');
  const stop = new AbortController();
  const stopListening = runtime.onStopSignal(() => stop.abort());
  try {
    const result = await prepareAndScan(context, options, runtime, startedAt, stop.signal);
    await printScan(context, options, result);
    return result.exitCode;
  } catch (thrown) {
    if (options.json) {
      const finishedAt = runtime.clock.now();
      context.io.stdout.write(abortedScanAsJson(thrown, options, startedAt, finishedAt));
    }
    throw thrown;
  } finally {
    stopListening();
  }
}

async function prepareAndScan(
  context: CommandContext,
  options: ScanOptions,
  runtime: Runtime,
  startedAt: Date,
  stop: AbortSignal,
): Promise<ScanResult> {
  const { io, log, configPath } = context;
  const { config, warnings } = await loadConfig({ path: configPath, env: io.env, cwd: io.cwd });
  for (const warning of warnings) log.warn(warning);
  const override =
    options.source === undefined || options.source === '-' ? options.source : resolve(io.cwd, options.source);
  const source = await openSource(config, context, override);
  const composer = await createComposer(config.message, (error) => {
    log.warn(`${error.message} The built-in text is sent instead.`, { code: error.code });
  });
  const channel = await channelFor(context, options, runtime, config);
  const { clock, random, randomBytes } = runtime;
  const progress = createProgress(io.stderr, { columns: io.stderr.columns ?? 80, now: () => clock.now() });
  const ports = { source, composer, channel, clock, random, randomBytes, log, progress };
  const settings: ScanSettings = {
    config,
    startedAt,
    machineId: await runtime.machineId(),
    dryRun: options.dryRun,
    baseline: options.baseline,
    explain: options.explain,
    onlyNocs: options.nocs ?? null,
    limit: options.limit ?? null,
    configuredSource: options.source === undefined,
  };
  return options.dryRun ? rehearse(ports, settings, stop) : scanUnderLock(ports, settings, stop, runtime);
}

async function channelFor(
  { io, log, colour }: CommandContext,
  { dryRun, baseline, json }: ScanOptions,
  runtime: Runtime,
  config: Config,
): Promise<Channel> {
  if (dryRun || baseline) return idleChannel(config.channel);
  if (runtime.openChannel !== undefined) return runtime.openChannel(config);
  const columns = io.stdout.columns ?? 80;
  const surroundings = { env: io.env, clock: runtime.clock, log, columns };
  // With --json stdout carries one JSON object and nothing else.
  if (json)
    return openChannel(config, { ...surroundings, write: async (text) => log.info(text), colour: false });
  return openChannel(config, { ...surroundings, write: (text) => writeBesideProgress(io, text), colour });
}

function writeBesideProgress({ stdout, stderr }: Io, text: string): Promise<void> {
  clearProgressLine(stderr);
  return new Promise((resolve, reject) => {
    stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

async function rehearse(
  ports: Omit<ScanPorts, 'ledger'>,
  settings: ScanSettings,
  stop: AbortSignal,
): Promise<ScanResult> {
  const { openScanLedgerForLooking } = await import('../ledger/sqlite/scan-ledger.ts');
  const ledger = openScanLedgerForLooking(settings.config.state.directory, settings.startedAt);
  return scanAndClose({ ...ports, ledger }, settings, stop);
}

async function scanUnderLock(
  ports: Omit<ScanPorts, 'ledger'>,
  settings: ScanSettings,
  stop: AbortSignal,
  runtime: Runtime,
): Promise<ScanResult> {
  const { acquireScanLock } = await import('../ledger/lock.ts');
  const { directory } = settings.config.state;
  const since = settings.startedAt.toISOString();
  const lock = acquireScanLock(directory, { command: 'scan', pid: process.pid, since });
  const { url } = settings.config.heartbeat;
  const started = ping(url, 'start', ports.log);
  let ended: 'success' | 'fail' = 'fail';
  try {
    const ledger = await runtime.openLedger(directory, settings.startedAt);
    const result = await scanAndClose({ ...ports, ledger }, settings, stop);
    if (result.exitCode === ExitCode.OK) ended = 'success';
    return result;
  } finally {
    lock.release();
    await started;
    await ping(url, ended, ports.log);
  }
}

async function scanAndClose(
  ports: ScanPorts,
  settings: ScanSettings,
  stop: AbortSignal,
): Promise<ScanResult> {
  try {
    return await scan(ports, settings, stop);
  } finally {
    ports.ledger.close();
  }
}
