import { stringify } from 'csv-stringify/sync';
import { batches } from '../batches.ts';
import { NOTIFICATION_COLUMNS } from '../ledger/history.ts';
import type { NotificationRow } from '../ledger/port.ts';
import { escapeControls } from '../terminal/visible.ts';

const ROWS_AT_ONCE = 500;
/** What makes a formula of a cell: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^[\t\r\n]|^\s*[=+\-@＝＋－＠]/;
const NEGATIVE_NUMBER = /^-\d+(?:\.\d+)?$/;
/** What a spreadsheet takes for a number and changes: it keeps no leading zeros and 15 digits. */
const RENUMBERED = /^(?:0\d+|\d{16,}|\d+[eE]\d+)$/;
/** Escape sequences and the like: of no use in a cell, of harm on a terminal. */
const ACTING = /[^\P{Cc}\n\r\t]/gu;

/**
 * The rows as CSV (RFC 4180, with a head) for spreadsheets: UTF-8 with a BOM, without which Excel garbles Bengali.
 * A cell that a spreadsheet would run or renumber begins with an apostrophe.
 */
export function* notificationCsv(rows: Iterable<NotificationRow>): Generator<string> {
  yield `\ufeff${stringify([NOTIFICATION_COLUMNS])}`;
  for (const batch of batches(rows, ROWS_AT_ONCE)) {
    yield stringify(batch.map((row) => NOTIFICATION_COLUMNS.map((column) => cell(row[column], column))));
  }
}

function cell(value: string | number | null, column: keyof NotificationRow): string | number | null {
  if (typeof value !== 'string') return value;
  const text = value.replace(ACTING, escapeControls);
  if (column === 'balance' && NEGATIVE_NUMBER.test(text)) return text;
  return FORMULA.test(text) || RENUMBERED.test(text) ? `'${text}` : text;
}
