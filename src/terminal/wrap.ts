import { displayWidth } from './width.ts';

const HANGING = 4;

/** Breaks lines at blanks to fit into `columns`; what follows hangs below its line's beginning. Longer words stay whole. */
export function wrapText(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  const indent = line.search(/\S|$/);
  const hanging = ' '.repeat(indent + HANGING);
  const [first = '', ...words] = line.slice(indent).split(' ');
  const lines = [' '.repeat(indent) + first];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (displayWidth(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(hanging + word);
  }
  return lines.join('\n');
}
