import { escapeControls } from './visible.ts';
import { cutToWidth, displayWidth, padToWidth } from './width.ts';

export interface TableOptions {
  readonly head: readonly string[];
  /** On a terminal the table is fitted to `columns` by wrapping its widest columns; elsewhere no cell is wrapped. */
  readonly terminal: boolean;
  readonly columns: number;
  /** Columns of what people copy: never wrapped. */
  readonly whole?: readonly number[];
}

const GAP = '  ';
const NARROWEST = 6;

/** Aligned text ending with a line break: a head, a rule on a terminal, the rows. No tabs, nothing cut off. */
export function renderTable(
  rows: readonly (readonly string[])[],
  { head, terminal, columns, whole = [] }: TableOptions,
): string {
  const cells = [head, ...rows].map((row) => row.map(escapeControls));
  const natural = head.map((_, column) => widest(cells.map((row) => displayWidth(row[column] ?? ''))));
  const widths = terminal ? shrink(natural, columns - GAP.length * (head.length - 1), whole) : natural;
  const [headLines = [], ...rowLines] = cells.map((row) => layOut(row, widths));
  const rule = terminal ? [widths.map((width) => '─'.repeat(width)).join(GAP)] : [];
  return [...headLines, ...rule, ...rowLines.flat()].map((line) => `${line}\n`).join('');
}

/** Takes columns from the widest until the sum fits, or until nothing can get narrower. */
function shrink(natural: readonly number[], available: number, whole: readonly number[]): number[] {
  const widths = [...natural];
  const isTaken = (column: number) => !whole.includes(column);
  for (let excess = sum(widths) - available; excess > 0; excess -= 1) {
    const width = widest(widths.filter((_, column) => isTaken(column)));
    if (width <= NARROWEST) break;
    widths[widths.findIndex((other, column) => other === width && isTaken(column))] = width - 1;
  }
  return widths;
}

/** One row as the lines it takes. */
function layOut(row: readonly string[], widths: readonly number[]): string[] {
  const wrapped = widths.map((width, column) => wrap(row[column] ?? '', width));
  const height = widest(wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    wrapped
      .map((lines, column) => padToWidth(lines[line] ?? '', widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

/** Breaks at a blank where there is one, else anywhere between two letters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (displayWidth(rest) > width) {
    const piece = cutToWidth(rest, width) || rest;
    const blank = rest[piece.length] === ' ' ? piece.length : piece.lastIndexOf(' ');
    const end = blank > 0 ? blank : piece.length;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function widest(widths: readonly number[]): number {
  return widths.reduce((most, width) => Math.max(most, width), 0);
}
