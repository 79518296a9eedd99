import type { MessageConfig } from '../config/config.ts';
import type { LateStatus } from '../domain.ts';
import type { Notice } from './composer.ts';
import { formatDuration, formatMoney, formatTriggered } from './formats.ts';
import { neutralise, neutraliseId } from './neutralise.ts';

const NOCS_LIMIT = 80;
const ID_LIMIT = 64;

/** What a message tells about one meter, as it is written: every text in it is harmless. */
export interface MeterFields {
  /** Which line of the digest this is, counted over all its parts from 1. */
  readonly number: number;
  readonly meter: string;
  readonly nocs: string;
  readonly customer: string | null;
  readonly status: LateStatus;
  readonly duration: string;
  readonly hours: number;
  readonly minutes: number;
  readonly triggered: string | null;
  readonly balance: string | null;
}

/** One part of a digest; the counts are the whole digest's. */
export interface DigestFields {
  readonly meters: readonly MeterFields[];
  readonly total: number;
  readonly stuck: number;
  readonly alert: number;
  readonly part: number;
  readonly parts: number;
  /** Null where the digest tells of several. */
  readonly nocs: string | null;
  readonly generated: string;
}

/** How messages are worded: built in, or by a template. */
export interface Wording {
  single(meter: MeterFields, generated: string): string;
  digest(part: DigestFields): string;
}

export function meterFields(notice: Notice, number: number, message: MessageConfig): MeterFields {
  const { durationMinutes, triggeredAt, balance } = notice;
  return {
    number,
    meter: neutraliseId(notice.meterNumber, ID_LIMIT) || 'unknown',
    nocs: neutralise(notice.nocsName ?? '', NOCS_LIMIT) || 'unknown',
    customer: neutraliseId(notice.customerId ?? '', ID_LIMIT) || null,
    status: notice.durationStatus,
    duration: formatDuration(durationMinutes),
    hours: Math.floor(durationMinutes / 60),
    minutes: Math.floor(durationMinutes % 60),
    triggered: triggeredAt === null ? null : formatTriggered(triggeredAt, message.timezone),
    balance: balance === null ? null : balanceText(balance, message),
  };
}

function balanceText(balance: string, { currency, currencyGrouping }: MessageConfig): string | null {
  return formatMoney(balance, currency, currencyGrouping) ?? (neutraliseId(balance, ID_LIMIT) || null);
}
