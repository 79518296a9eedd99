let segmenter: Intl.Segmenter | undefined;

/** The characters of a text as a reader sees them: no letter is parted from its vowel signs. */
export function graphemesOf(text: string): string[] {
  // Made at first use: it takes 20 ms, which most commands never need.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
