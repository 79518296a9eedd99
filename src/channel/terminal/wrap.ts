import { graphemesOf } from '../../graphemes.ts';
import { displayWidth } from '../../terminal/width.ts';
import type { Run, Style } from './markup.ts';

interface Cell {
  readonly text: string;
  readonly width: number;
  readonly styles: readonly Style[];
}

/** Asks for the emoji form of a sign: terminals disagree whether that takes one column or two. */
const EMOJI_STYLE = '\ufe0f';

/** The most columns a text may take: where terminals disagree the larger number counts. */
export function textWidth(text: string): number {
  return cellsOf({ text, styles: [] }).reduce((sum, cell) => sum + cell.width, 0);
}

/** One styled line as lines of at most `width` columns, broken at blanks, or within a word longer than a line. */
export function wrap(runs: readonly Run[], width: number): Run[][] {
  const lines: Cell[][] = [];
  let line: Cell[] = [];
  for (const cell of runs.flatMap(cellsOf)) {
    const isBlank = cell.text === ' ';
    while (line.length > 0 && lineWidth(line) + cell.width > width) {
      const blank = isBlank ? line.length : line.findLastIndex(({ text }) => text === ' ');
      lines.push(line.slice(0, blank > 0 ? blank : line.length));
      line = blank > 0 ? line.slice(blank + 1) : [];
    }
    const broken = line.length === 0 && lines.length > 0;
    if (!(isBlank && broken)) line.push(cell);
  }
  return [...lines, line].map(runsOf);
}

function cellsOf({ text, styles }: Run): Cell[] {
  return graphemesOf(text).map((segment) => ({
    text: segment,
    width: displayWidth(segment) + (segment.includes(EMOJI_STYLE) ? 1 : 0),
    styles,
  }));
}

function lineWidth(line: readonly Cell[]): number {
  return line.reduce((sum, cell) => sum + cell.width, 0);
}

function runsOf(line: readonly Cell[]): Run[] {
  const runs: Run[] = [];
  for (const { text, styles } of line) {
    const last = runs.at(-1);
    if (last?.styles === styles) runs[runs.length - 1] = { text: last.text + text, styles };
    else runs.push({ text, styles });
  }
  return runs;
}
