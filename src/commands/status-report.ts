import type { Config } from '../config/config.ts';
import type { Finding } from '../doctor/finding.ts';
import { checkRouting } from '../doctor/routing.ts';
import type { PastScan } from '../ledger/overview.ts';
import { renderTable } from '../terminal/table.ts';
import { escapeControls } from '../terminal/visible.ts';
import { wrapText } from '../terminal/wrap.ts';
import { showTime } from '../time/show.ts';
import type { Status } from './status.ts';

interface Page {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const LABEL_WIDTH = 12;

/** For people: times by the wall clock of `message.timezone`. */
export function statusReport(status: Status, config: Config, page: Page): string {
  const { timezone } = config.message;
  const { overview, drift } = status;
  const columns = page.columns ?? 80;
  const line = (label: string, text: string) => labelled(label, text, columns);
  const lines = [
    line('Scans:', runningText(status, timezone)),
    ...(overview.scans.length === 0 ? [] : ['\n', scanTable(overview.scans, timezone, page), '\n']),
    line('Waiting:', waitingText(status)),
    ...(overview.waiting.length === 0 ? [] : ['\n', waitingTable(status, timezone, page), '\n']),
    ...givenUpText(overview.outstanding.givenUp).map((text) => line('Given up:', text)),
    line('Unknown:', unknownText(overview.outstanding.unknown)),
    line('Last 24 h:', `${overview.handedOver} of at most ${config.pace.perDay} messages (pace.perDay)`),
    line('WhatsApp:', sessionText(status, config.channel, timezone)),
    line('Next run:', nextRun(status, timezone)),
    ...checkRouting(drift, timezone).map((finding, index) =>
      line(index === 0 ? 'Routing:' : '', routingText(finding)),
    ),
  ];
  return lines.join('');
}

function labelled(label: string, text: string, columns: number): string {
  const wrapped = wrapText(escapeControls(text), columns - LABEL_WIDTH);
  return `${label.padEnd(LABEL_WIDTH)}${wrapped.replace(/\n */g, `\n${' '.repeat(LABEL_WIDTH)}`)}\n`;
}

function runningText({ running, overview }: Status, timezone: string): string {
  if (running !== null) {
    const { holder } = running;
    if (holder === null) return 'another run holds the lock';
    const since = showTime(holder.since, timezone);
    return `rc-notify ${holder.command} runs since ${since} (process ${holder.pid})`;
  }
  return overview.scans.length === 0 ? 'none yet' : 'none runs now; the last:';
}

function scanTable(scans: readonly PastScan[], timezone: string, page: Page): string {
  const cells = scans.map(({ startedAt, finishedAt, exitCode, counts }) => [
    showTime(startedAt, timezone),
    finishedAt === null ? '-' : `${Math.round((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000)} s`,
    exitCode === null ? 'no end' : exitCode === 0 ? 'ok' : `exit ${exitCode}`,
    ...['checked', 'alert', 'stuck', 'sent', 'failed'].map((name) => String(counts?.[name] ?? '-')),
  ]);
  const head = ['STARTED', 'TOOK', 'RESULT', 'CHECKED', 'ALERT', 'STUCK', 'SENT', 'FAILED'];
  return table(head, cells, page);
}

function waitingText({ overview: { waiting } }: Status): string {
  const total = waiting.reduce((sum, { notifications }) => sum + notifications, 0);
  return total === 0 ? 'nothing' : `${total} ${total === 1 ? 'notification' : 'notifications'}`;
}

/** What stands in `reason` while a notification waits. */
const REASONS: Readonly<Record<string, string>> = {
  due: 'not sent yet',
  escalated: 'not sent yet',
  'retry-new-command': 'not sent yet',
  retry: 'refused; tried again',
  muted: 'muted',
  'no-group': 'no group to post to',
  'over-limit': 'over a limit (pace, --limit)',
};

function waitingTable({ overview: { waiting } }: Status, timezone: string, page: Page): string {
  const cells = waiting.map(({ nocsName, reason, notifications, oldestAt }) => [
    nocsName ?? '(empty)',
    String(notifications),
    REASONS[reason] ?? reason,
    showTime(oldestAt, timezone),
  ]);
  return table(['NOCS', 'METERS', 'WHY', 'OLDEST'], cells, page);
}

function table(head: readonly string[], cells: readonly (readonly string[])[], page: Page): string {
  const options = { head, terminal: page.isTTY === true, columns: page.columns ?? 80 };
  return renderTable(cells, options);
}

function givenUpText(givenUp: number): string[] {
  if (givenUp === 0) return [];
  return [
    `${givenUp} late ${givenUp === 1 ? 'meter' : 'meters'} not told, refused until rules.maxAttempts; see why: rc-notify history --send-status failed; then: rc-notify reset --failed`,
  ];
}

function unknownText(unknown: number): string {
  if (unknown === 0) return 'none';
  return `${unknown} ${unknown === 1 ? 'notification' : 'notifications'} whose message may have arrived or not; look in the group, then: rc-notify reset --unknown --as sent|not-sent`;
}

function sessionText({ session }: Status, channel: string, timezone: string): string {
  if (session === null) return `not used: channel is ${channel}`;
  if (!session.isLinked) return 'no number is linked: rc-notify login';
  const { account, lastConnectedAt, daysLeft } = session;
  if (lastConnectedAt === null) return 'there is a session, of which the ledger knows nothing';
  const used = `linked to ${account ?? 'a number it does not tell'}, last connected ${showTime(lastConnectedAt, timezone)}`;
  if ((daysLeft ?? 0) < 0) return `${used}; it has most likely lapsed: rc-notify doctor --connect`;
  return `${used}; unused it lapses in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}`;
}

function nextRun({ timer }: Status, timezone: string): string {
  if (timer === null) return 'not known: there is no systemd here';
  if (!timer.isInstalled) return 'not known: rc-notify.timer is not installed';
  if (!timer.isActive) return 'none: rc-notify.timer is stopped';
  return timer.nextRun === null ? 'when the one under way has ended' : showTime(timer.nextRun, timezone);
}

function routingText({ detail, mend }: Finding): string {
  return mend === null ? detail : `${detail} ${mend}.`;
}
