import { expect, test } from 'vitest';
import { cutToWidth, displayWidth, padToWidth } from './width.ts';

// The numbers are cursor positions read from tmux 3.3 and wcwidth() of glibc 2.36.
test.each([
  ['Kamrangirchar', 13],
  ['ধানমন্ডি', 7],
  ['নারায়ণগঞ্জ', 9],
  ['কামরাঙ্গীরচর', 11],
  ['🚨', 2],
  ['৳1,234.56', 9],
  ['日本', 4],
  ['', 0],
])('%s takes %i columns', (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});

test('padding counts columns, not characters', () => {
  expect(padToWidth('ধানমন্ডি', 9)).toBe('ধানমন্ডি  ');
  expect(padToWidth('too long', 3)).toBe('too long');
});

test('a cut keeps a letter together with its vowel sign, and a wide emoji whole', () => {
  expect(cutToWidth('ধানমন্ডি', 3)).toBe('ধান');
  expect(cutToWidth('ধানমন্ডি', 1)).toBe('');
  expect(cutToWidth('a🚨b', 2)).toBe('a');
});
