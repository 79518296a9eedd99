import type { Config } from '../config/config.ts';
import type { LateStatus, RcCommand } from '../domain.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { openLedgerForLooking } from '../ledger/database.ts';
import { newestNotifications } from '../ledger/history.ts';
import { translateLedgerError } from '../ledger/ledger-errors.ts';
import type { NotificationRow } from '../ledger/port.ts';
import { ledgerPath } from '../ledger/state-directory.ts';
import type { Notice } from '../message/composer.ts';
import { sampleNotices } from '../message/sample.ts';
import { noticeOf } from '../scan/plan.ts';
import { durationStatus } from '../scan/triage.ts';
import type { Source } from '../source/port.ts';
import { readRow } from '../source/row.ts';
import { showTime } from '../time/show.ts';
import type { PreviewRequest } from './preview-options.ts';

/** What is shown, where it comes from, and what an operator should know of it. */
export interface Found {
  readonly origin: 'sample' | 'ledger' | 'source';
  readonly notices: readonly [Notice, ...Notice[]];
  readonly remarks: readonly string[];
}

/** Samples of one office, most urgent first. */
export function findSamples({ status, digest, nocs }: PreviewRequest, now: Date): Found {
  const samples = sampleNotices(now).filter((notice) => status === null || notice.durationStatus === status);
  const [first] = samples;
  if (first === undefined) throw new Error(`there is no sample of status ${status}`);
  const notices = Array.from({ length: digest ?? 1 }, (_, index): Notice => {
    const sample = samples[index % samples.length] ?? first;
    const meterNumber = (BigInt(sample.meterNumber) + BigInt(index)).toString().padStart(11, '0');
    return { ...sample, meterNumber, nocsName: nocs ?? first.nocsName };
  });
  notices.sort((a, b) => b.durationMinutes - a.durationMinutes);
  const [head = first, ...rest] = notices;
  return { origin: 'sample', notices: [head, ...rest], remarks: ['A sample: no such meter is late.'] };
}

/** The newest notification of the meter; null where the ledger has none. Throws RcError 73. */
export function findInLedger(
  { state, message }: Config,
  meter: string,
  request: PreviewRequest,
  now: Date,
): Found | null {
  const database = openLedgerForLooking(state.directory, now);
  try {
    const [row] = newestNotifications(database, { meter }, 1);
    if (row === undefined) return null;
    const notice = withWishes(noticeOf(row), request);
    return { origin: 'ledger', notices: [notice], remarks: ledgerRemarks(row, message.timezone) };
  } catch (thrown) {
    throw translateLedgerError(thrown, ledgerPath(state.directory));
  } finally {
    database.close();
  }
}

function ledgerRemarks(row: NotificationRow, zone: string): string[] {
  const recorded = `Meter ${row.meter_number} with the values last recorded in the ledger (${row.send_status}, ${showTime(row.updated_at, zone)}), in today's wording.`;
  if (row.sent_at === null) return [recorded];
  return [
    recorded,
    `It was told on ${showTime(row.sent_at, zone)}; the text as sent: rc-notify history --meter ${row.meter_number} --json`,
  ];
}

/** The meter's oldest command in progress. Throws RcError: 1 where the source has none either, and what reading throws. */
export async function findInSource(
  source: Source,
  { source: { timezone }, rules }: Config,
  meter: string,
  request: PreviewRequest,
  now: Date,
  signal: AbortSignal,
): Promise<Found> {
  let oldest: RcCommand | null = null;
  for await (const { rows } of source.read(signal)) {
    for (const row of rows) {
      const result = readRow(row, { timezone, now, once: rules.once });
      if ('invalid' in result || result.command.meterNumber !== meter) continue;
      if (oldest === null || result.command.ageMs > oldest.ageMs) oldest = result.command;
    }
  }
  if (oldest === null) throw notFound(meter, source.description);
  const status = durationStatus(oldest.ageMs, rules);
  const remarks = [`Meter ${meter} as it is now in ${source.description}; the ledger does not know it.`];
  if (status === 'NORMAL') remarks.push('It is not late yet, so nothing would be sent now.');
  const notice = noticeFrom(oldest, status === 'STUCK' ? 'STUCK' : 'ALERT');
  return { origin: 'source', notices: [withWishes(notice, request)], remarks };
}

function noticeFrom(command: RcCommand, status: LateStatus): Notice {
  const { meterNumber, nocsName, customerId, balance, triggeredAt, ageMs } = command;
  const durationMinutes = Math.floor(ageMs / 60_000);
  return {
    meterNumber,
    nocsName,
    customerId,
    balance,
    triggeredAt,
    durationStatus: status,
    durationMinutes,
  };
}

function withWishes(notice: Notice, { nocs, status }: PreviewRequest): Notice {
  return {
    ...notice,
    nocsName: nocs ?? notice.nocsName,
    durationStatus: status ?? notice.durationStatus,
  };
}

function notFound(meter: string, source: string): RcError {
  return new RcError({
    code: 'ERR_RC_NO_SUCH_METER',
    message: `Meter ${meter} is neither in the ledger nor among the RC commands in progress of ${source}.`,
    hint: 'Meter numbers are written as in the source, leading zeros included. All late ones: rc-notify scan --dry-run --explain',
    exitCode: ExitCode.FAILED,
  });
}
