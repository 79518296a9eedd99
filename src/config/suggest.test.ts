import { expect, test } from 'vitest';
import { closest } from './suggest.ts';

test.each([
  ['minGpa', 'minGap'],
  ['mingap', 'minGap'],
  ['max_gap', 'maxGap'],
  ['password', 'passwordFile'],
  ['conectString', 'connectString'],
])('%s was meant to be %s', (typed, meant) => {
  expect(closest(typed, ['maxGap', 'minGap', 'passwordFile', 'connectString', 'user'])).toBe(meant);
});

test('a word that is near nothing gets no suggestion', () => {
  expect(closest('colour', ['minGap', 'user'])).toBeUndefined();
  expect(closest('x', [])).toBeUndefined();
});
