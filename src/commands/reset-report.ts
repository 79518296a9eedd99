import type { Output } from '../io.ts';
import type { Releasable } from '../ledger/release.ts';
import { renderTable } from '../terminal/table.ts';
import { showTime } from '../time/show.ts';
import type { CommandContext } from './context.ts';
import type { Selection } from './reset.ts';
import type { ResetOptions } from './reset-options.ts';

const SHOWN_ROWS = 20;

/** `1 notification`, `3 notifications`. */
export function count(rows: number): string {
  return `${rows} notification${rows === 1 ? '' : 's'}`;
}

/** What would be changed, what follows from it, and what is left alone. */
export function showSelection(
  { io, log }: CommandContext,
  { json }: ResetOptions,
  selection: Selection,
  zone: string,
): void {
  const { rows } = selection;
  if (rows.length === 0) log.info(nothingSelected(selection));
  else {
    log.info(heading(selection));
    if (json !== true) io.stdout.write(shown(rows, zone, io.stdout));
  }
  for (const warning of warnings(selection)) log.warn(warning);
}

function nothingSelected({ fate }: Selection): string {
  return fate === null
    ? 'Nothing to release: no notification that still holds its key fits. Meters and offices are written in full, as here: rc-notify history'
    : 'Nothing to decide: no message of unknown fate fits. To look: rc-notify history --send-status unknown';
}

function heading({ fate, rows }: Selection): string {
  if (fate === null) return `To be released: ${count(rows.length)}`;
  const messages = new Set(rows.map((row) => row.message_id)).size;
  return `To be recorded as ${fate}: ${count(rows.length)} in ${messages} message${messages === 1 ? '' : 's'}; a message is decided as a whole`;
}

function shown(rows: readonly Releasable[], zone: string, { isTTY, columns = 80 }: Output): string {
  const more = rows.length > SHOWN_ROWS ? `and ${rows.length - SHOWN_ROWS} more\n` : '';
  return `${table(rows.slice(0, SHOWN_ROWS), zone, isTTY === true, columns)}${more}`;
}

function table(rows: readonly Releasable[], zone: string, terminal: boolean, columns: number): string {
  const head = ['METER', 'NOCS', 'STATUS', 'SEND STATUS', `SINCE (${zone})`];
  const cells = rows.map((row) => [
    row.meter_number,
    row.nocs_name ?? '-',
    row.duration_status,
    row.send_status,
    showTime(row.created_at, zone),
  ]);
  return renderTable(cells, { head, terminal, columns });
}

function* warnings({ fate, rows, beingSent }: Selection): Generator<string> {
  const unknown = rows.filter((row) => row.send_status === 'unknown').length;
  if (fate === null && unknown > 0) {
    yield `The message of ${count(unknown)} may have arrived: released, the office may hear of it twice. Better look into the group and decide: rc-notify reset --unknown --as sent|not-sent`;
  }
  if (beingSent.length > 0) {
    yield `Left alone: ${count(beingSent.length)} in sending. Whether the message left is not known yet; the next scan settles it, then reset again: rc-notify scan`;
  }
}

/** How it went, once `changed` of the rows shown are changed. */
export function reportDone({ log }: CommandContext, { fate, rows }: Selection, changed: number): void {
  const again = 'the next scan tells their meters if they are still late: rc-notify scan';
  if (fate === null) log.info(`Released ${count(changed)}; ${again}`);
  else if (fate === 'sent') log.info(`Recorded ${count(changed)} as sent; they are not told again.`);
  else log.info(`Recorded ${count(changed)} as not sent and released them; ${again}`);
  if (changed < rows.length) {
    log.warn(
      `Left alone: ${count(rows.length - changed)} changed while you were asked. Look at them: rc-notify history`,
    );
  }
}
