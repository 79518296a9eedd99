import { graphemesOf } from '../graphemes.ts';

const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;
const TWO_COLUMNS =
  /[\p{Emoji_Presentation}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u3000-\u303e\uff01-\uff60]/u;

/**
 * Columns a text takes on a terminal. Counted by code point as the C library's wcwidth does, which terminals follow:
 * a Bengali vowel sign to the side of its letter takes a column, one above or below it, or a hasanta, takes none.
 */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (NO_WIDTH.test(character)) continue;
    width += TWO_COLUMNS.test(character) ? 2 : 1;
  }
  return width;
}

/** The text filled up with blanks to `width` columns. */
export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** The start of the text that fits into `width` columns; no letter is cut from its vowel sign. */
export function cutToWidth(text: string, width: number): string {
  let cut = '';
  let used = 0;
  for (const segment of graphemesOf(text)) {
    used += displayWidth(segment);
    if (used > width) break;
    cut += segment;
  }
  return cut;
}
