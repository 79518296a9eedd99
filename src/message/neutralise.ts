import { graphemesOf } from '../graphemes.ts';

const WORD_JOINER = '\u2060';

/** White space of every kind that draws as nothing, U+FEFF aside (it has no width at all). */
const BLANK = /[^\S\ufeff]|[\u0085\u2800]/gu;
const HIDDEN =
  /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;
/** No script needs more than five marks on one letter; hundreds would draw over the neighbouring lines. */
const PILED_MARKS = /([\p{M}\u200c\u200d]{5})[\p{M}\u200c\u200d]+/gu;
/** Bengali needs the joiners between letters, and after a hasant at the end of a word. */
const STRAY_JOINER = /(?<![\p{L}\p{M}])[\u200c\u200d]|(?<!\u09cd)[\u200c\u200d](?![\p{L}\p{M}])/gu;

/** WhatsApp's list and quote marks, which format only at a line's start. */
const LINE_START = /^(?:[-*]|\p{Nd}+\.)(?= |$)|^>/u;
const BESIDE_MARKUP = /(?<=[*_~`])|(?=[*_~`])/gu;
/** WhatsApp leaves `*`, `_` and `~` alone inside a word; a pair of backticks it may format even there. */
const ID_MARKUP = /(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`/g;
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  '*': '\u2217',
  _: '\u02cd',
  '~': '\u223c',
  '`': '\u02cb',
  '-': '\u2010',
  '>': '\u203a',
  '.': '\u2024',
};

/**
 * Text from the database made harmless in one line of a WhatsApp message: nothing hidden, no line break, no
 * pair of marks that formats (WhatsApp has no escape: a word joiner stands on both sides of each), at most
 * `limit` graphemes with `…` for what was cut. Empty where nothing visible is left.
 */
export function neutralise(text: string, limit: number): string {
  const line = bound(clean(text), limit);
  return (LINE_START.test(line) ? WORD_JOINER : '') + line.replace(BESIDE_MARKUP, WORD_JOINER);
}

/**
 * The same for a number that people copy: nothing invisible is put in or left in, marks that could format
 * become visible look-alikes, and a plain number stays as it is byte for byte.
 */
export function neutraliseId(text: string, limit: number): string {
  return bound(clean(text.replace(/[\u200c\u200d]/g, '')), limit)
    .replace(ID_MARKUP, lookAlike)
    .replace(LINE_START, (mark) => mark.replace(/.$/u, lookAlike));
}

function lookAlike(mark: string): string {
  return LOOK_ALIKES[mark] ?? mark;
}

function clean(text: string): string {
  return text
    .replace(BLANK, ' ')
    .replace(HIDDEN, '')
    .replace(/^[ \p{M}\u200c\u200d]+/u, '')
    .replace(PILED_MARKS, '$1')
    .replace(/([\u200c\u200d])[\u200c\u200d]+/g, '$1')
    .replace(STRAY_JOINER, '')
    .replace(/ +/g, ' ')
    .trim()
    .normalize('NFC');
}

/** A grapheme may be as long as its writer likes: units are bounded too, at six a grapheme. */
function bound(text: string, limit: number): string {
  const start = text.slice(0, limit * 6).replace(/[\ud800-\udbff]$/, '');
  const kept = graphemesOf(start);
  if (start === text && kept.length <= limit) return text;
  return `${kept
    .slice(0, limit - 1)
    .join('')
    .trimEnd()}…`;
}
