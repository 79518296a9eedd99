import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neutralise, neutraliseId } from './neutralise.ts';

const WJ = '\u2060';
const NASTY = [
  ...'*_~`->. \n\r\t1A9',
  '```',
  '- ',
  '1. ',
  '> ',
  'ক্',
  'ষ',
  '\u0301',
  '\u200b',
  '\u200c',
  '\u200d',
  '\u202e',
  '\u2066',
  '\u2028',
  '\u2029',
  '\u0085',
  '\u00a0',
  '\u00ad',
  '\u034f',
  '\u115f',
  '\u2800',
  '\u3164',
  '\ufe0f',
  '\ufeff',
  '\u1fef',
  '\u{e0041}',
  '\ud83d',
  '\0',
  '\x1b[31m',
  '👨‍👩‍👧',
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary' })), { maxLength: 60 })
  .map((pieces) => pieces.join(''));

const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]|(?! )\p{Zs}|[\u2800\ufffe\uffff]/u;
const graphemes = (text: string): number => [...new Intl.Segmenter('en').segment(text)].length;

describe('neutralise', () => {
  it('leaves an ordinary name alone', () => {
    for (const name of [
      'NOCS-1',
      'NOCS Mugdapara',
      'এনওসিএস নারায়ণগঞ্জ পূর্ব'.normalize('NFC'),
      'Désiré & Co. (2)',
    ])
      expect(neutralise(name, 80)).toBe(name);
  });

  it('puts a word joiner on both sides of every markup mark', () => {
    expect(neutralise('*a* _b_ ~c~ `d`', 80)).toBe(
      '*a* _b_ ~c~ `d`'.replace(/[*_~`]/g, (mark) => `${WJ}${mark}${WJ}`),
    );
    expect(neutralise('```', 80)).toBe(`${WJ}\`${WJ}\`${WJ}\`${WJ}`);
  });

  it('sees a mark that only composing makes: U+1FEF is a backtick', () => {
    expect(neutralise('\u1fefx\u1fef', 80)).toBe(`${WJ}\`${WJ}x${WJ}\`${WJ}`);
  });

  it.each(['- item', '1. item', '12. item', '> item', '>item', '-', '৩. item'])(
    'is no list or quote where a template puts it at a line start: %s',
    (text) => expect(neutralise(text, 80)).toBe(`${WJ}${text}`),
  );

  it('turns line breaks, tabs and odd blanks into one blank, and trims', () => {
    expect(neutralise(' \u00a0a\r\n\r\nb\t\tc\u2028d\u0085e\u2800f \u200b g\u3000', 80)).toBe(
      'a b c d e f g',
    );
  });

  it('takes out what hides or turns text', () => {
    expect(neutralise('a\0b\x1b[31mc\u202ed\u2066e\u200bf\ufeffg\u00adh\u{e0041}i\ud800j', 80)).toBe(
      'ab[31mcdefghij',
    );
  });

  it('keeps the joiners Bengali is written with, and no others', () => {
    for (const word of ['র\u200d্যাব', 'ক্\u200cষ', 'উত্\u200d']) expect(neutralise(word, 80)).toBe(word);
    expect(neutralise('\u200dক\u200c \u200dখ\u200d\u200d', 80)).toBe('ক খ');
    expect(neutralise('ক্\u200d\u200c\u200dষ', 80)).toBe('ক্\u200dষ');
  });

  it('keeps combining marks but not a pile of them', () => {
    expect(neutralise('e\u0323\u0302', 80)).toBe('ệ');
    expect(neutralise(`a${'\u0335'.repeat(500)}b`, 80)).toBe(`a${'\u0335'.repeat(5)}b`);
    expect(neutralise('\u0301a', 80)).toBe('a');
  });

  it('shows 80 graphemes at most, the last of them `…` where something was cut', () => {
    expect(neutralise('ক্ষু'.repeat(81), 80)).toBe(`${'ক্ষু'.repeat(79)}…`);
    expect(neutralise('ক্ষু'.repeat(80), 80)).toBe('ক্ষু'.repeat(80));
    expect(neutralise('x'.repeat(81), 80)).toBe(`${'x'.repeat(79)}…`);
  });

  it('has nothing left of text that shows nothing', () => {
    for (const text of ['', ' \n\t ', '\u200b\u200d\u2060', '\u3164\u2800'])
      expect(neutralise(text, 80)).toBe('');
  });

  it('is harmless whatever it is given', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const line = neutralise(text, 80);
        expect(line.replace(/\u2060|(?<=[\p{L}\p{M}])[\u200c\u200d]/gu, '')).not.toMatch(INVISIBLE);
        expect(line).not.toMatch(/(?<!\u2060)[*_~`]|[*_~`](?!\u2060)/);
        expect(line).not.toMatch(/^(?:[-*] |\d+\. |>)|^ | $| {2}/);
        expect(graphemes(line.replaceAll(WJ, ''))).toBeLessThanOrEqual(80);
        expect(line.length).toBeLessThanOrEqual(80 * 6 + 160 + 2);
        expect(line).toBe(line.normalize('NFC'));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('neutraliseId', () => {
  it('keeps a plain number byte for byte', () => {
    const plain = fc.stringMatching(/^[A-Za-z0-9]{1,7}(?:[-_.# /:*~][A-Za-z0-9]{1,6}){0,8}$/);
    fc.assert(
      fc.property(plain, (number) => {
        expect(neutraliseId(number, 64)).toBe(number);
      }),
    );
    for (const number of ['00012345678', 'CUST_12_3', '-50', 'A*B', 'x>y'])
      expect(neutraliseId(number, 64)).toBe(number);
  });

  it('makes marks that could format visible look-alikes', () => {
    expect(neutraliseId('*123*', 64)).toBe('∗123∗');
    expect(neutraliseId('_a_ ~b~ `c`', 64)).toBe('ˍaˍ ∼b∼ ˋcˋ');
    expect(neutraliseId('A__B__C', 64)).toBe('AˍˍBˍˍC');
    expect(neutraliseId('a```b```c', 64)).toBe('aˋˋˋbˋˋˋc');
    expect(neutraliseId('- 1', 64)).toBe('‐ 1');
    expect(neutraliseId('> 1', 64)).toBe('› 1');
    expect(neutraliseId('1. 2', 64)).toBe('1․ 2');
  });

  it('joins what a hidden character divides, never what a line break divides', () => {
    expect(neutraliseId('12\u200b3\u200d4\0', 64)).toBe('1234');
    expect(neutraliseId('12\n34', 64)).toBe('12 34');
  });

  it('shows 64 graphemes at most, the last of them `…` where something was cut', () => {
    expect(neutraliseId('9'.repeat(65), 64)).toBe(`${'9'.repeat(63)}…`);
  });

  it('is harmless whatever it is given, with nothing invisible in it', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const id = neutraliseId(text, 64);
        expect(id).not.toMatch(INVISIBLE);
        expect(id).not.toMatch(/(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`/);
        expect(id).not.toMatch(/^(?:[-*] |\d+\. |>)|^ | $/);
        expect(graphemes(id)).toBeLessThanOrEqual(64);
        expect(id.length).toBeLessThanOrEqual(64 * 6 + 1);
      }),
      { numRuns: 2000 },
    );
  });
});
