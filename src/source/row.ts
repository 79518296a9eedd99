import type { OnceRule, Outcome, RcCommand } from '../domain.ts';
import { parseInstant } from '../time/zone.ts';
import type { SourceRow } from './port.ts';
import { cleanIdentifier, cleanName, quote, shorten } from './text.ts';

export interface RowOptions {
  /** The wall clock of trigger times that carry no zone. */
  readonly timezone: string;
  readonly now: Date;
  readonly once: OnceRule;
}

/** `invalid` is the reason, for an operator; the ids, where legible, tell which command it was about. */
export type RowResult =
  | { readonly command: RcCommand }
  | { readonly invalid: string; readonly meterNumber: string | null; readonly commandId: string | null };

const MINUTE = 60_000;
const CLOCK_DIFFERENCE = 5 * MINUTE;
const LONGEST_AGE = 100 * 365.25 * 24 * 60 * MINUTE;
const METER_LIMIT = 64;
const COMMAND_LIMIT = 128;
const NAME_LIMIT = 200;

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;
/** Thousands apart by commas in the western (1,234,567) or the Indian way (12,34,567), or not at all. */
const PLAIN_AMOUNT = /^-?[1-9]\d{0,30}(?:\.\d{1,20})?$/;
const AMOUNT = /^([+-]?)(\d*|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3})(?:\.(\d*))?$/;

/** Makes an RC command out of a source's row, or says why that can not be done. */
export function readRow(row: SourceRow, { timezone, now, once }: RowOptions): RowResult {
  const meterNumber = cleanIdentifier(row.meterNumber);
  const commandId = cleanIdentifier(row.commandId);
  const invalid = (reason: string): RowResult => ({
    invalid: reason,
    meterNumber: within(meterNumber, METER_LIMIT),
    commandId: within(commandId, COMMAND_LIMIT),
  });

  if (row.defect !== undefined) return invalid(row.defect);
  if (meterNumber === null) return invalid('meter number is empty');
  if (meterNumber.length > METER_LIMIT) {
    return invalid(`meter number ${quote(meterNumber)} is longer than ${METER_LIMIT} characters`);
  }
  if (commandId !== null && commandId.length > COMMAND_LIMIT) {
    return invalid(`command id ${quote(commandId)} is longer than ${COMMAND_LIMIT} characters`);
  }
  const triggeredAt = row.triggeredAt === null ? null : parseInstant(row.triggeredAt, timezone);
  const age = ageOf(row, triggeredAt, now);
  if (typeof age === 'string') return invalid(age);
  if (once !== 'meter' && commandId === null && triggeredAt === null) {
    return invalid(`neither command id nor trigger time is given, and rules.once: ${once} needs one of them`);
  }

  const customerId = cleanIdentifier(row.customerId);
  return {
    command: {
      meterNumber,
      nocsName: cleanName(row.nocsName, NAME_LIMIT),
      commandId,
      customerId: customerId === null ? null : shorten(customerId, COMMAND_LIMIT),
      balance: row.balance === null ? null : readAmount(row.balance),
      triggeredAt,
      ageMs: age,
      outcome: row.outcome === null ? null : readOutcome(row.outcome),
    },
  };
}

/** Milliseconds, or why there is no age. */
function ageOf(row: SourceRow, triggeredAt: number | null, now: Date): number | string {
  const elapsed = row.elapsedSeconds?.trim() ?? '';
  if (DECIMAL.test(elapsed)) {
    return ageWithinReason(Math.round(Number(elapsed) * 1000), 'elapsed seconds ', elapsed);
  }
  const trigger = row.triggeredAt?.trim() ?? '';
  if (triggeredAt !== null) return ageWithinReason(now.getTime() - triggeredAt, '', trigger);
  const faults = [];
  if (trigger !== '') faults.push(`trigger time ${quote(trigger)} is no possible date and time`);
  if (elapsed !== '') faults.push(`elapsed seconds ${quote(elapsed)} are no number`);
  return faults.join('; ') || 'neither trigger time nor elapsed seconds are given';
}

function ageWithinReason(age: number, kind: string, given: string): number | string {
  if (age < -CLOCK_DIFFERENCE) return `trigger time lies in the future: ${kind}${quote(given)}`;
  if (age > LONGEST_AGE) return `trigger time lies more than 100 years back: ${kind}${quote(given)}`;
  return Math.max(age, 0);
}

/** The exact decimal, without a plus sign, commas, needless zeros in front or a negative zero; null where it is none. */
function readAmount(text: string): string | null {
  if (PLAIN_AMOUNT.test(text)) return text;
  const found = AMOUNT.exec(text.trim());
  if (!found) return null;
  const [, sign, whole = '', fraction = ''] = found;
  if ((whole === '' && fraction === '') || whole.length + fraction.length > 60) return null;
  const digits = whole.replaceAll(',', '').replace(/^0+(?=\d)/, '') || '0';
  const amount = fraction === '' ? digits : `${digits}.${fraction}`;
  return sign === '-' && /[1-9]/.test(amount) ? `-${amount}` : amount;
}

function readOutcome(text: string): Outcome | null {
  const outcome = text.trim().toLowerCase();
  return outcome === 'completed' || outcome === 'discarded' ? outcome : null;
}

function within(text: string | null, limit: number): string | null {
  return text !== null && text.length <= limit ? text : null;
}
