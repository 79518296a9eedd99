import { Chalk, type ChalkInstance } from 'chalk';
import { type Run, type Style, styledRuns } from './markup.ts';
import { textWidth, wrap } from './wrap.ts';

export interface Look {
  readonly colour: boolean;
  /** Of the terminal. */
  readonly columns: number;
}

const WIDEST = 80;
const NARROWEST = 20;

/**
 * A message as WhatsApp would show it to `groupId`, ending in a blank line. The right side is open: terminals
 * disagree about the width of Bengali and emoji, and a frame would be torn on some of them.
 */
export function drawBubble(groupId: string, text: string, { colour, columns }: Look): string {
  const chalk = new Chalk({ level: colour ? 1 : 0 });
  // The last column stays free: a character there makes some terminals begin a new line.
  const inner = Math.max(Math.min(columns, WIDEST), NARROWEST) - 3;
  // Without colour there are no styles either: the marks stay, and say what they mean.
  const runsOf = (line: string): Run[] => (colour ? styledRuns(line) : [{ text: line, styles: [] }]);
  const lines = harmless(text)
    .split('\n')
    .flatMap((line) => wrap(runsOf(line), inner));
  const [head = []] = wrap([{ text: harmless(groupId).replaceAll('\n', ' '), styles: [] }], inner - 3);
  const title = plainText(head);
  const width = Math.max(textWidth(title) + 3, ...lines.map((line) => textWidth(plainText(line))));

  const frame = chalk.green;
  const top = `${frame('╭─')} ${chalk.bold(title)} ${frame('─'.repeat(width - textWidth(title) - 2))}`;
  const body = lines.map((line) => `${frame('│')} ${painted(line, chalk)}`.trimEnd());
  return [top, ...body, frame(`╰${'─'.repeat(width + 1)}`), '', ''].join('\n');
}

function plainText(runs: readonly Run[]): string {
  return runs.map((run) => run.text).join('');
}

function painted(runs: readonly Run[], chalk: ChalkInstance): string {
  const paint: Readonly<Record<Style, ChalkInstance>> = {
    bold: chalk.bold,
    italic: chalk.italic,
    strikethrough: chalk.strikethrough,
    monospace: chalk.cyan,
  };
  return runs.map(({ text, styles }) => styles.reduce((done, style) => paint[style](done), text)).join('');
}

/** What could command the terminal, or turn its writing direction, drawn as a picture instead. */
function harmless(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '    ')
    .replace(/(?!\n)\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, picture);
}

function picture(control: string): string {
  const code = control.charCodeAt(0);
  if (code === 0x7f) return '\u2421';
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
}
