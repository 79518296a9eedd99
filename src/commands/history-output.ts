import { batches } from '../batches.ts';
import type { NotificationRow } from '../ledger/port.ts';
import type { Spread, Statistics } from '../ledger/statistics.ts';
import type { StoryEntry } from '../ledger/story.ts';
import { formatDuration } from '../message/formats.ts';
import { renderTable } from '../terminal/table.ts';
import { escapeControls } from '../terminal/visible.ts';
import { showTime } from '../time/show.ts';

/** How wide, and whether it is one. */
export interface Screen {
  readonly terminal: boolean;
  readonly columns: number;
}

const ROWS_ON_A_PAGE = 1000;
const HEAD = ['SENT OR SEEN', 'METER', 'NOCS', 'STATUS', 'SEND STATUS', 'REASON'];

/** One table, or one a thousand rows: no more are held at once. */
export function* notificationTable(
  rows: Iterable<NotificationRow>,
  zone: string,
  screen: Screen,
): Generator<string> {
  for (const page of batches(rows, ROWS_ON_A_PAGE)) {
    const cells = page.map((row) => [
      showTime(row.sent_at ?? row.created_at, zone),
      row.meter_number,
      row.nocs_name ?? '-',
      row.duration_status,
      row.send_status,
      row.released_at === null ? row.reason : `${row.reason}, released`,
    ]);
    yield renderTable(cells, { head: HEAD, ...screen });
  }
}

export function storyTable(
  meter: string,
  story: readonly StoryEntry[],
  zone: string,
  screen: Screen,
): string {
  const cells = story.map(({ at, text }) => [showTime(at, zone), text]);
  return renderTable(cells, { head: ['WHEN', `STORY OF METER ${meter}`], ...screen });
}

/** One object; `story` is left out where it is null. */
export function* notificationJson(
  rows: Iterable<NotificationRow>,
  story: readonly StoryEntry[] | null,
): Generator<string> {
  let before = '{"notifications":[';
  for (const row of rows) {
    yield `${before}${json(row)}`;
    before = ',\n';
  }
  yield before.startsWith('{') ? `${before}]` : ']';
  yield story === null ? '}\n' : `,"story":${json(story)}}\n`;
}

export function statisticsJson(statistics: Statistics): string {
  return `${json({ statistics })}\n`;
}

/** What JSON leaves as it is but a terminal obeys is escaped, still as JSON. */
function json(value: object): string {
  return escapeControls(JSON.stringify(value));
}

export function statisticsTables(statistics: Statistics, screen: Screen): string {
  const { notifications, baseline, byNocs, byStatus, triggerToMessage, messageToCleared } = statistics;
  const offices = byNocs.map(({ nocsName, notifications }) => [nocsName ?? '-', String(notifications)]);
  const statuses = byStatus.map(({ durationStatus, sendStatus, notifications }) => [
    durationStatus,
    sendStatus,
    String(notifications),
  ]);
  const times = [
    ['from trigger to message', ...spreadCells(triggerToMessage)],
    ['from message to cleared', ...spreadCells(messageToCleared)],
  ];
  return [
    `Notifications: ${notifications}${baseline > 0 ? `, and ${baseline} of a baseline, counted nowhere else` : ''}\n`,
    renderTable(offices, { head: ['NOCS', 'NOTIFICATIONS'], ...screen }),
    renderTable(statuses, { head: ['STATUS', 'SEND STATUS', 'NOTIFICATIONS'], ...screen }),
    renderTable(times, { head: ['TIME', 'MEDIAN', '90 % WITHIN', 'NOTIFICATIONS'], ...screen }),
  ].join('\n');
}

function spreadCells(spread: Spread | null): string[] {
  if (spread === null) return ['-', '-', '0'];
  const { medianSeconds, p90Seconds, notifications } = spread;
  return [formatDuration(medianSeconds / 60), formatDuration(p90Seconds / 60), String(notifications)];
}
