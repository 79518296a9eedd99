import { formatDuration } from '../duration.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { type LockHolder, lookAtScanLock } from '../ledger/lock.ts';
import { type Finding, failedWith, failure, ok } from './finding.ts';

const NAME = 'lock';
const MINUTE_MS = 60_000;

/** Who holds the scan lock; `deadline` in milliseconds is what a scan has until it ends by itself. */
export function checkLock(
  directory: string,
  deadline: number,
  now: Date,
): { finding: Finding; isScanRunning: boolean } {
  try {
    const { isHeld, holder } = lookAtScanLock(directory);
    if (!isHeld) return { finding: ok(NAME, 'free'), isScanRunning: false };
    if (holder === null) return { finding: ok(NAME, 'held by another run'), isScanRunning: true };
    return { finding: held(holder, deadline, now), isScanRunning: holder.command === 'scan' };
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    return { finding: failedWith(NAME, thrown), isScanRunning: false };
  }
}

function held({ command, pid, since }: LockHolder, deadline: number, now: Date): Finding {
  const minutes = Math.floor((now.getTime() - Date.parse(since)) / MINUTE_MS);
  const detail = `held by rc-notify ${command} (process ${pid}) for ${minutes} min`;
  if (minutes * MINUTE_MS <= deadline) return ok(NAME, detail);
  const late = `${detail}; pace.deadline is ${formatDuration(deadline)}. No scan runs until it ends.`;
  return failure(NAME, late, `See what it does: ps -fp ${pid}; end it: kill ${pid}`, ExitCode.TEMPFAIL);
}
