import { existsSync } from 'node:fs';
import { ExitCode } from '../exit-codes.ts';
import type { Timer } from '../health/timer.ts';
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
    return [warning(NAME, nobody, 'Set up cron: systemd/README.md')];
  }
  if (!timer.isInstalled) {
    if (existsSync(CRON)) return [ok(NAME, `rc-notify.timer is not installed; ${CRON} starts scans`)];
    return [warning(NAME, 'rc-notify.timer is not installed: nothing is known to start scans.', INSTALL)];
  }
  return [state(timer, timezone), ...lastRun(timer)];
}

function state({ isActive, isEnabled, lastRun, nextRun }: Timer, timezone: string): Finding {
  const time = (at: string | null) => (at === null ? 'never' : showTime(at, timezone));
  const runs = `last run ${time(lastRun)}, next run ${nextRun === null ? 'not known' : time(nextRun)}`;
  const mend = 'sudo systemctl enable --now rc-notify.timer';
  if (!isActive) {
    return failure(NAME, `rc-notify.timer is stopped: no scan runs; ${runs}`, mend, ExitCode.FAILED);
  }
  if (!isEnabled) return warning(NAME, `It runs, but will not after the next boot; ${runs}`, mend);
  return ok(NAME, runs);
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
