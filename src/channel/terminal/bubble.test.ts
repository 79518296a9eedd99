import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawBubble } from './bubble.ts';
import { textWidth } from './wrap.ts';

const GROUP = '120363000000000000@g.us';
const plain = (text: string, columns = 80): string => drawBubble(GROUP, text, { colour: false, columns });
/** The one line of a coloured bubble, without its frame. */
const coloured = (line: string): string => {
  const body = drawBubble(GROUP, line, { colour: true, columns: 80 }).split('\n')[1] ?? '';
  return body.replace('\x1b[32m│\x1b[39m ', '');
};

describe('a bubble', () => {
  it('has the group as its head, the message line by line, and a blank line after it', () => {
    expect(
      plain('🚨 URGENT: RC METER STUCK 🚨\n\n📍 NOCS: এনওসিএস নারায়ণগঞ্জ\nDPDC'),
    ).toBe(`╭─ 120363000000000000@g.us ───
│ 🚨 URGENT: RC METER STUCK 🚨
│
│ 📍 NOCS: এনওসিএস নারায়ণগঞ্জ
│ DPDC
╰─────────────────────────────

`);
  });

  it('wraps at blanks, and within what is longer than a line', () => {
    expect(plain('Requires physical connection - manual intervention needed', 40)).toContain(
      '│ Requires physical connection - manual\n│ intervention needed\n',
    );
    expect(plain('x'.repeat(50), 40)).toContain(`│ ${'x'.repeat(37)}\n│ ${'x'.repeat(13)}\n`);
  });

  it('never reaches the last column, whatever the text and however it counts Bengali and emoji', () => {
    const text = fc
      .array(
        fc.constantFrom(
          'নারায়ণগঞ্জ',
          'ক্ষ',
          '⚠️',
          '🚨',
          '👨‍👩‍👧',
          '漢字',
          'word',
          ' ',
          '\n',
          '\u2060*\u2060',
          'é',
        ),
      )
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.integer({ min: 20, max: 100 }), (some, columns) => {
        for (const line of plain(some, columns).split('\n')) expect(textWidth(line)).toBeLessThan(columns);
      }),
    );
  });

  /** Without marks, which colour takes away, and the two separators that are drawn as a picture. */
  const printable = fc
    .string({ unit: 'grapheme-composite', maxLength: 200 })
    .map((text) => text.replace(/[`*_~\u2028\u2029]/g, ''));

  it('loses nothing of the text but the blanks it wraps at', () => {
    fc.assert(
      fc.property(printable, fc.boolean(), (text, colour) => {
        const drawn = stripVTControlCharacters(drawBubble('g', text, { colour, columns: 40 }));
        const body = drawn.split('\n').slice(1, -3);
        expect(
          body
            .map((line) => line.replace(/^│ ?/, ''))
            .join('')
            .replace(/\s/g, ''),
        ).toBe(text.replace(/\s/g, ''));
      }),
    );
  });

  it('never lets a control character through', () => {
    expect(plain('a\x1b[31mb\x07c\x9bd\x7fe\rf\u202eg\r\nh\ti')).toContain('│ a␛[31mb␇c�d␡e␍f�g\n│ h    i\n');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (group, text) => {
        const drawn = drawBubble(group, text, { colour: false, columns: 80 });
        expect(drawn).not.toMatch(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
        const other = drawBubble(group, text, { colour: true, columns: 80 });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the program's own colours are control sequences
        expect(other.replace(/\x1b\[\d+m/g, '')).not.toMatch(/(?!\n)\p{Cc}/u);
      }),
    );
  });

  it('keeps a head of any length in one line', () => {
    const lines = drawBubble(`${'x'.repeat(200)}\ny`, 'text', { colour: false, columns: 40 }).split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^╭─ x{34} ─$/);
  });
});

describe('markup in a coloured bubble', () => {
  const bold = (text: string): string => `\x1b[1m${text}\x1b[22m`;
  const italic = (text: string): string => `\x1b[3m${text}\x1b[23m`;

  it('shows as WhatsApp would format it', () => {
    expect(coloured('a *b c* d')).toBe(`a ${bold('b c')} d`);
    expect(coloured('_i_')).toBe(italic('i'));
    expect(coloured('~s~')).toBe('\x1b[9ms\x1b[29m');
    expect(coloured('`m *x*`, ```n o```')).toBe('\x1b[36mm *x*\x1b[39m, \x1b[36mn o\x1b[39m');
    expect(coloured('(*b*) *c*')).toBe(`(${bold('b')}) ${bold('c')}`);
  });

  it('nests', () => expect(stripVTControlCharacters(coloured('_i *both*_'))).toBe('i both'));

  it.each([
    '2*3*4',
    'CUST_12_3',
    '* a *',
    'a * b * c',
    '*open',
    'a*',
    '**',
    '``',
    '\u2060*\u2060b\u2060*\u2060',
    'এ*ক*দুই',
  ])('is text where WhatsApp would not: %s', (line) => expect(coloured(line)).toBe(line));

  it('goes on over a wrapped line', () => {
    const drawn = drawBubble(GROUP, `*${'word '.repeat(20)}end*`, { colour: true, columns: 40 });
    const body = drawn.split('\n').slice(1, -3);
    expect(body.length).toBeGreaterThan(2);
    for (const line of body) expect(line).toMatch(/\[1mword .*(word|end)/);
  });

  it('stays as it is without colour', () => expect(plain('a *b* `c`')).toContain('│ a *b* `c`\n'));
});
