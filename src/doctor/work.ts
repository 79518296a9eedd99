import { ExitCode } from '../exit-codes.ts';
import type { Overview, PastScan } from '../ledger/overview.ts';
import { showTime } from '../time/show.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

const LAST_SCAN = 'last scan';
const HOUR_MS = 60 * 60 * 1000;
/** Four runs of the timer. */
const SCAN_OVERDUE_MS = HOUR_MS;
const WAITS_LONG_MS = 2 * HOUR_MS;
const WHAT_IT_SAID = 'What it said: journalctl -t rc-notify -n 50 (cron: tail /var/log/rc-notify/scan.log)';

export interface Circumstances {
  /** Of the wall clock that times are shown by. */
  readonly timezone: string;
  readonly now: Date;
  readonly isScanRunning: boolean;
  /** Source and WhatsApp were reached just now. */
  readonly answersNow: boolean;
}

/** The last scan, what waits, and what nobody knows the fate of. */
export function checkWork(overview: Overview, circumstances: Circumstances): Finding[] {
  return [
    lastScan(overview.scans[0], circumstances),
    waiting(overview, circumstances.now),
    ...givenUp(overview),
    unknownFate(overview),
  ];
}

function lastScan(scan: PastScan | undefined, circumstances: Circumstances): Finding {
  if (scan === undefined) {
    return warning(LAST_SCAN, 'None yet.', 'rc-notify scan --dry-run, then: rc-notify scan');
  }
  const started = showTime(scan.startedAt, circumstances.timezone);
  if (scan.exitCode !== null) return endedScan(scan, scan.exitCode, started, circumstances);
  if (circumstances.isScanRunning) return ok(LAST_SCAN, `runs since ${started}`);
  const killed = `${started}: it was killed before its end.`;
  return warning(LAST_SCAN, killed, 'The next one settles what it left: rc-notify scan');
}

function endedScan(
  { startedAt, counts }: PastScan,
  exitCode: number,
  started: string,
  { now, answersNow }: Circumstances,
): Finding {
  const result = `${started}, exit code ${exitCode}; checked ${counts?.checked ?? '?'}, sent ${counts?.sent ?? '?'}`;
  if (answersNow && (exitCode === ExitCode.NOPERM || exitCode === ExitCode.UNAVAILABLE)) {
    return warning(LAST_SCAN, `${result}. Source and WhatsApp answer now.`, 'rc-notify scan');
  }
  if (exitCode !== ExitCode.OK && exitCode !== ExitCode.TEMPFAIL) {
    const code = Object.values(ExitCode).find((known) => known === exitCode) ?? ExitCode.FAILED;
    return failure(LAST_SCAN, result, WHAT_IT_SAID, code);
  }
  if (now.getTime() - Date.parse(startedAt) > SCAN_OVERDUE_MS) {
    return warning(
      LAST_SCAN,
      `${result}; none for more than an hour.`,
      'systemctl list-timers rc-notify.timer',
    );
  }
  return ok(LAST_SCAN, result);
}

function waiting({ waiting: byNocs, outstanding }: Overview, now: Date): Finding {
  const name = 'waiting';
  if (byNocs.length === 0) return ok(name, 'nothing');
  const total = byNocs.reduce((sum, { notifications }) => sum + notifications, 0);
  const reasons = [...new Set(byNocs.map(({ reason }) => reason))].map((reason) => {
    const count = byNocs.reduce((sum, each) => sum + (each.reason === reason ? each.notifications : 0), 0);
    return `${reason} ${count}`;
  });
  const text = `${total} ${total === 1 ? 'notification' : 'notifications'} (${reasons.join(', ')})`;
  if (outstanding.noGroup > 0) {
    const mend = 'rc-notify status names the offices; give them groups, or set groups.default';
    return failure(name, text, mend, ExitCode.FAILED);
  }
  const oldest = Math.min(
    ...byNocs.filter(({ reason }) => reason !== 'muted').map(({ oldestAt }) => Date.parse(oldestAt)),
  );
  if (now.getTime() - oldest > WAITS_LONG_MS) {
    return warning(name, `${text}, the oldest for more than 2 hours`, 'rc-notify status says which and why');
  }
  return ok(name, text);
}

/** Nothing else tells of these once the scan that was refused last is over. */
function givenUp({ outstanding: { givenUp: meters } }: Overview): Finding[] {
  if (meters === 0) return [];
  const detail = `${meters} late ${meters === 1 ? 'meter' : 'meters'} not told: refused until rules.maxAttempts (rc-notify history --send-status failed says why).`;
  return [warning('given up', detail, 'rc-notify reset --failed')];
}

function unknownFate({ outstanding: { unknown } }: Overview): Finding {
  const name = 'unknown fate';
  if (unknown === 0) return ok(name, 'none');
  const mend = 'Look in the group, then: rc-notify reset --unknown --as sent|not-sent';
  return failure(
    name,
    `Of ${unknown} it is not known whether the message arrived.`,
    mend,
    ExitCode.UNKNOWN_FATE,
  );
}
