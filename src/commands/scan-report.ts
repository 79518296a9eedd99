import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { emptyCounts, type ScanCounts, type ScanResult } from '../scan/result.ts';
import { escapeControls } from '../terminal/visible.ts';
import { writeAll } from '../terminal/write.ts';
import type { CommandContext } from './context.ts';

interface ReportOptions {
  readonly json: boolean;
  readonly explain: boolean;
  readonly baseline: boolean;
}

/** Prints what a scan did: one JSON object, or the summary; invalid rows and errors go to the log. */
export async function printScan(
  context: CommandContext,
  options: ReportOptions,
  result: ScanResult,
): Promise<void> {
  const { io, log } = context;
  warnOfInvalidRows(context, result);
  if (options.json) {
    io.stdout.write(`${scanAsJson(result, options.explain)}\n`);
  } else {
    if (options.explain) io.stdout.write(await explanationTable(context, result));
    // Only a dry run has messages here: it may wait for a person with a pager, a scan for nobody.
    await writeAll(io.stdout, result.messages.map(messageInFull));
    io.stdout.write(summary(result, options.baseline));
  }
  for (const error of result.errors) log.failure(error);
}

function messageInFull({ groupId, text }: ScanResult['messages'][number]): string {
  return `To ${groupId}:\n\n${text.split('\n').map(escapeControls).join('\n')}\n\n`;
}

function warnOfInvalidRows({ log }: CommandContext, result: ScanResult): void {
  const place = result.positionName === 'line' ? 'Line' : 'Row';
  for (const { position, why } of result.invalidRows) {
    log.warn(`${place} ${position} can not be used: ${why}.`, { code: 'ERR_RC_INVALID_ROW' });
  }
  const unnamed = result.counts.invalid - result.invalidRows.length;
  if (unnamed > 0) log.warn(`${unnamed} more rows can not be used.`, { code: 'ERR_RC_INVALID_ROW' });
}

function scanAsJson(result: ScanResult, explain: boolean): string {
  const { scan, counts, notifications, errors, exitCode, explanations } = result;
  return JSON.stringify({
    scan,
    counts,
    notifications,
    errors: errors.map(errorAsJson),
    exitCode,
    ...(explain ? { explanations } : {}),
  });
}

/** The object `scan --json` prints where the scan could not come to its end. */
export function abortedScanAsJson(
  thrown: unknown,
  { dryRun }: { readonly dryRun: boolean },
  startedAt: Date,
  finishedAt: Date,
): string {
  const expected = thrown instanceof RcError;
  const error = expected
    ? errorAsJson(thrown)
    : { code: 'ERR_RC_BUG', message: messageOf(thrown), hint: 'Report it with the stack printed on stderr.' };
  const scan = {
    id: null,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    dryRun,
    source: null,
  };
  const exitCode = expected ? thrown.exitCode : ExitCode.SOFTWARE;
  return `${JSON.stringify({ scan, counts: emptyCounts(), notifications: [], errors: [error], exitCode })}\n`;
}

function errorAsJson({ code, message, hint }: RcError): { code: string; message: string; hint: string } {
  return { code, message, hint };
}

const FURTHER_COUNTS: readonly (readonly [label: string, key: keyof (ScanCounts & ScanResult['refused'])])[] =
  [
    ['Told for an earlier command (once: meter)', 'toldForEarlierCommand'],
    ['Still to be sent', 'pending'],
    ['Refused, to be tried again', 'retrying'],
    ['  of these without a group', 'noGroup'],
    ['  of these muted', 'muted'],
    ['Refused for the last time, not told (rc-notify reset --failed)', 'givenUp'],
    ['Fate unknown', 'unknown'],
    ['Cancelled, no longer in progress', 'cancelled'],
    ['Cleared', 'cleared'],
    ['Too old to tell', 'tooOld'],
    ['Duplicate rows', 'duplicate'],
    ['Invalid rows', 'invalid'],
  ];

/** The four lines auditors know, then whatever else is not zero. */
function summary({ counts, refused, scan, notifications }: ScanResult, baseline: boolean): string {
  const further = { ...counts, ...refused };
  const lines = [
    `Total meters checked: ${counts.checked}`,
    `Notifications sent: ${counts.sent}`,
    `Already notified (skipped): ${counts.alreadyNotified}`,
    `Failed: ${counts.failed}`,
    ...FURTHER_COUNTS.flatMap(([label, key]) => (further[key] === 0 ? [] : [`${label}: ${further[key]}`])),
  ];
  const baselined = notifications.filter(({ reason }) => reason === 'baseline').length;
  if (baseline) lines.push(`Recorded as told without sending (baseline): ${baselined}`);
  const overLimit = notifications.filter(({ reason }) => reason === 'over-limit').length;
  if (overLimit > 0) lines.push(`Left to later scans by a limit (pace, --limit, maxAttempts): ${overLimit}`);
  if (scan.dryRun) {
    lines.push(`Dry run: ${counts.due - overLimit} would be told; nothing was sent or written.`);
  }
  return `${lines.join('\n')}\n`;
}

async function explanationTable({ io }: CommandContext, { explanations }: ScanResult): Promise<string> {
  if (explanations.length === 0) return 'No command is late.\n\n';
  const { formatDuration } = await import('../message/formats.ts');
  const { renderTable } = await import('../terminal/table.ts');
  const rows = explanations.map((late) => [
    late.meterNumber,
    late.nocsName ?? '(empty)',
    late.durationStatus,
    formatDuration(late.durationMinutes),
    late.reason,
  ]);
  const head = ['Meter', 'NOCS', 'Status', 'Duration', 'Reason'];
  const table = renderTable(rows, {
    head,
    terminal: io.stdout.isTTY === true,
    columns: io.stdout.columns ?? 80,
  });
  return `${table}\n`;
}
