import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LoadedConfig } from '../config/load.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Timer } from '../health/timer.ts';
import { packageFile } from '../package-files.ts';
import { CONFIG_FILE, SERVICE, STATE_DIRECTORY, TIMER } from '../service/layout.ts';
import { showTime } from '../time/show.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

const NAME = 'timer';
const CRON = '/etc/cron.d/rc-notify';
const INSTALL = 'sudo rc-notify service install';

/** What starts scans. `timer` null = no systemd. */
export function checkTimer(timer: Timer | null, timezone: string): Finding[] {
  if (timer === null) {
    if (existsSync(CRON)) return [ok(NAME, `no systemd here; ${CRON} starts scans`)];
    const nobody = `No systemd here, and no ${CRON}: nothing is known to start scans.`;
    return [warning(NAME, nobody, `Set up cron: ${fileURLToPath(packageFile('systemd/README.md'))}`)];
  }
  if (!timer.isInstalled) {
    const isMasked = timer.loadState === 'masked';
    const what = `${TIMER} is ${isMasked ? 'masked' : 'not installed'}`;
    if (existsSync(CRON)) return [ok(NAME, `${what}; ${CRON} starts scans`)];
    if (isMasked) return [failure(NAME, `${what}: no scan runs.`, unmask(TIMER), ExitCode.FAILED)];
    return [warning(NAME, `${what}: nothing is known to start scans.`, INSTALL)];
  }
  return [state(timer, timezone), ...service(timer)];
}

/**
 * A configuration of the service that does not name the state directory: the service takes the one that systemd hands
 * it, commands by hand one in a home.
 */
export function checkServiceState({ file, origins }: LoadedConfig, timer: Timer | null): Finding[] {
  if (timer?.isInstalled !== true || file !== CONFIG_FILE) return [];
  if (origins['state.directory']?.from === 'file') return [];
  const detail = `${file} does not set state.directory: the service keeps its ledger in ${STATE_DIRECTORY}, and commands by hand look at another.`;
  const mend = `sudoedit ${file}, and below "state:" write: directory: ${STATE_DIRECTORY}`;
  return [failure('configuration', detail, mend, ExitCode.CONFIG)];
}

function unmask(unit: string): string {
  return `sudo systemctl unmask ${unit}`;
}

function state({ isActive, isEnabled, lastRun, nextRun }: Timer, timezone: string): Finding {
  const time = (at: string | null) => (at === null ? 'never' : showTime(at, timezone));
  const runs = `last run ${time(lastRun)}, next run ${nextRun === null ? 'not known' : time(nextRun)}`;
  const mend = `sudo systemctl enable --now ${TIMER}`;
  if (!isActive) {
    return failure(NAME, `${TIMER} is stopped: no scan runs; ${runs}`, mend, ExitCode.FAILED);
  }
  if (!isEnabled) return warning(NAME, `It runs, but will not after the next boot; ${runs}`, mend);
  return ok(NAME, runs);
}

function service(timer: Timer): Finding[] {
  const { serviceLoadState } = timer;
  if (serviceLoadState === null || serviceLoadState === 'loaded') return lastRun(timer);
  const isMasked = serviceLoadState === 'masked';
  const detail = `${SERVICE} is ${isMasked ? 'masked' : `not installed (${serviceLoadState})`}: no scan runs.`;
  return [failure(NAME, detail, isMasked ? unmask(SERVICE) : INSTALL, ExitCode.FAILED)];
}

/** A run that failed before it could open the ledger is known to systemd alone. */
function lastRun({ lastResult }: Timer): Finding[] {
  if (lastResult === null || lastResult.result === 'success') return [];
  const { result, exitStatus } = lastResult;
  const detail = `Its last run failed (${result}${result === 'exit-code' ? ` ${exitStatus}` : ''}).`;
  const mend = 'What it said: journalctl -u rc-notify -n 50';
  // What the program said itself is looked at part by part.
  const isOwn = result === 'exit-code' && Object.values<number>(ExitCode).includes(exitStatus);
  return [isOwn ? warning(NAME, detail, mend) : failure(NAME, detail, mend, ExitCode.FAILED)];
}
