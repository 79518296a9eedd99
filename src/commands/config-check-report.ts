import { formatDuration } from '../duration.ts';
import type { Survey } from '../source/port.ts';
import { renderTable } from '../terminal/table.ts';
import { escapeControls } from '../terminal/visible.ts';
import { wrapText } from '../terminal/wrap.ts';
import type { RoutedNocs, SurveyedSource } from './config-check-survey.ts';
import { difference, showSpan } from './config-check-warnings.ts';

/** Where it is shown; as in `Output`. */
interface Page {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const LABEL_WIDTH = 10;

/** What a source tells of itself, a line for each part; `callTimeout` in milliseconds. */
export function renderFound(found: Partial<Survey>, callTimeout: number, { columns = 80 }: Page): string {
  const { server, clock, columns: yielded, firstRowMs, wholeRead } = found;
  const lines: string[] = [];
  const add = (label: string, text: string) => lines.push(labelled(label, text, columns));
  if (server)
    add('Server:', `Oracle Database ${server.version}, logged in after ${showSpan(server.connectMs)}`);
  if (clock) {
    const time = `${clock.time.slice(0, 19).replace('T', ' ')} ${clock.time.slice(-6)}`;
    const margin = `±${showSpan(Math.ceil(clock.roundTripMs / 2))}`;
    add('Clock:', `${time}, ${difference(clock.aheadMs)} this host's (${margin})`);
  }
  if (yielded) add('Columns:', yielded.map(({ name, type }) => `${name} ${type}`).join(', '));
  if (firstRowMs !== undefined) add('Cost:', `${showSpan(firstRowMs)} to the first row`);
  if (wholeRead) {
    const limit = formatDuration(callTimeout);
    add(
      'Rows:',
      `${wholeRead.rows}, after ${showSpan(wholeRead.ms)}; source.oracle.callTimeout allows ${limit}`,
    );
  }
  return lines.join('');
}

export function renderRoutes({ commands, invalid, routes }: SurveyedSource, page: Page): string {
  const unusable = invalid === 0 ? '' : `, ${invalid} unusable ${invalid === 1 ? 'row' : 'rows'}`;
  const table = renderTable(
    routes.map((route) => [
      route.nocsName ?? '(empty)',
      String(route.commands),
      route.groupId ?? '-',
      remark(route),
    ]),
    {
      head: ['NOCS', 'Commands', 'Group', 'Remark'],
      terminal: page.isTTY === true,
      columns: page.columns ?? 80,
      whole: [2],
    },
  );
  return `${labelled('', `${commands} RC commands in progress${unusable}`, page.columns ?? 80)}\n${table}`;
}

function labelled(label: string, text: string, columns: number): string {
  const wrapped = wrapText(escapeControls(text), columns - LABEL_WIDTH);
  return `${label.padEnd(LABEL_WIDTH)}${wrapped.replace(/\n */g, `\n${' '.repeat(LABEL_WIDTH)}`)}\n`;
}

function remark({ by, commands, inPilot }: RoutedNocs): string {
  if (!inPilot) return 'not in the pilot';
  if (by === 'none') return 'NO GROUP: waits';
  if (by === 'default') return 'default group';
  return commands === 0 ? 'not in the source' : '';
}
