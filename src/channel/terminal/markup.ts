export type Style = 'bold' | 'italic' | 'strikethrough' | 'monospace';

export interface Run {
  readonly text: string;
  readonly styles: readonly Style[];
}

const MARKS: Readonly<Record<string, Style>> = {
  '```': 'monospace',
  '`': 'monospace',
  '*': 'bold',
  _: 'italic',
  '~': 'strikethrough',
};

/**
 * One line in runs of one style, its marks gone where WhatsApp would format: a mark at a word's edge, another
 * of its kind at the end of the same or a later word, no blank just inside of either. Pairs may be nested;
 * within monospace nothing else formats.
 */
export function styledRuns(line: string, styles: readonly Style[] = []): Run[] {
  for (const { 0: mark, index } of line.matchAll(/```|[`*_~]/g)) {
    const style = MARKS[mark];
    if (style === undefined || !opens(line, index, mark)) continue;
    const close = closing(line, index + mark.length, mark);
    if (close === null) continue;
    const inner = line.slice(index + mark.length, close);
    const within = [...styles, style];
    return [
      ...plain(line.slice(0, index), styles),
      ...(style === 'monospace' ? plain(inner, within) : styledRuns(inner, within)),
      ...styledRuns(line.slice(close + mark.length), styles),
    ];
  }
  return plain(line, styles);
}

function plain(text: string, styles: readonly Style[]): Run[] {
  return text === '' ? [] : [{ text, styles }];
}

function opens(line: string, at: number, mark: string): boolean {
  return isEdge(line.slice(0, at), 'before') && /^[^\s\u2060]/u.test(line.slice(at + mark.length));
}

function closing(line: string, from: number, mark: string): number | null {
  for (let at = line.indexOf(mark, from + 1); at !== -1; at = line.indexOf(mark, at + 1)) {
    const closes =
      /[^\s\u2060]$/u.test(line.slice(from, at)) && isEdge(line.slice(at + mark.length), 'after');
    if (closes) return at;
  }
  return null;
}

/** Whether a mark beside this text is at a word's edge; a word joiner is what makes it none. */
function isEdge(text: string, side: 'before' | 'after'): boolean {
  return side === 'before'
    ? !/[\p{L}\p{M}\p{N}\u2060]$/u.test(text)
    : !/^[\p{L}\p{M}\p{N}\u2060]/u.test(text);
}
