import { expect, test } from 'vitest';
import { escapeControls } from './visible.ts';

test('an escape sequence is spelled out, so that it does nothing', () => {
  expect(escapeControls('\u001b[31mred\u009b2J')).toBe('\\u001b[31mred\\u009b2J');
});

test('a line break, a tab and a carriage return stay on the line', () => {
  expect(escapeControls('a\nb\tc\rd\u2028e')).toBe('a\\nb\\tc\\rd\\u2028e');
});

test('an override that would show a number backwards is spelled out', () => {
  expect(escapeControls('\u202e4321')).toBe('\\u202e4321');
});

test('Bengali, its joiners and emoji are left alone', () => {
  const text = 'র‍্যাব ধানমন্ডি 🚨 ⚠️ ৳1,234.56';
  expect(escapeControls(text)).toBe(text);
});
