import { expect, test } from 'vitest';
import { wrapText } from './wrap.ts';

test('a long line is broken between words and hangs below its beginning', () => {
  expect(wrapText('Two mistakes:\n  At a: must be one two three four\nshort', 20)).toBe(
    'Two mistakes:\n  At a: must be one\n      two three four\nshort',
  );
});

test('a word that fits nowhere stays whole, and blanks inside quotes stay as they are', () => {
  expect(wrapText('see https://example.org/a/very/long/address', 20)).toBe(
    'see\n    https://example.org/a/very/long/address',
  );
  expect(wrapText('  "a  b"', 20)).toBe('  "a  b"');
});
