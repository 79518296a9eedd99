import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TEXT, splitToFit } from './split.ts';

const render = (lengths: readonly number[], part: number, parts: number): string =>
  `${parts > 1 ? `(${part}/${parts})` : ''}${'x'.repeat(lengths.reduce((sum, length) => sum + length, 0))}`;

describe('splitting a digest', () => {
  it('fills one part to the last unit', () => {
    expect(splitToFit([2048, 2048], render).map(({ text }) => text.length)).toEqual([MAX_TEXT]);
    expect(splitToFit([2048, 2049], render).map(({ items }) => items)).toEqual([[2048], [2049]]);
  });

  it('keeps every item, in order, in parts that fit and take as much as they can', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 60 }), (lengths) => {
        const parts = splitToFit(lengths, render);
        expect(parts.flatMap(({ items }) => items)).toEqual(lengths);
        parts.forEach(({ text, items }, index) => {
          expect(text).toBe(render(items, index + 1, parts.length));
          expect(text.length).toBeLessThanOrEqual(MAX_TEXT);
          const next = parts[index + 1]?.items[0];
          if (next !== undefined)
            expect(render([...items, next], index + 1, lengths.length).length).toBeGreaterThan(MAX_TEXT);
        });
      }),
    );
  });

  it('renders little more than it returns, for a hundred thousand items too', () => {
    let rendered = 0;
    const lengths = Array.from({ length: 100_000 }, () => 50);
    splitToFit(lengths, (some, part, parts) => {
      rendered += some.length;
      return render(some, part, parts);
    });
    expect(rendered).toBeLessThan(lengths.length * 20);
  });
});
