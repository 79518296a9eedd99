import { expect, test } from 'vitest';
import { colourEnabled, styleFor } from './colour.ts';
import { recordingStream } from './testing.ts';

const terminal = recordingStream(true);
const pipe = recordingStream(false);

test('a terminal is coloured, a pipe is not', () => {
  expect(colourEnabled(terminal, { TERM: 'xterm' }, false)).toBe(true);
  expect(colourEnabled(pipe, { TERM: 'xterm' }, false)).toBe(false);
});

test('--no-color, NO_COLOR and TERM=dumb each take the colour away', () => {
  expect(colourEnabled(terminal, {}, true)).toBe(false);
  expect(colourEnabled(terminal, { NO_COLOR: '1' }, false)).toBe(false);
  expect(colourEnabled(terminal, { TERM: 'dumb' }, false)).toBe(false);
});

test('an empty NO_COLOR says nothing', () => {
  expect(colourEnabled(terminal, { NO_COLOR: '' }, false)).toBe(true);
});

test('FORCE_COLOR colours a pipe, or with 0 nothing; whoever asks for no colour wins', () => {
  expect(colourEnabled(pipe, { FORCE_COLOR: '1' }, false)).toBe(true);
  expect(colourEnabled(terminal, { FORCE_COLOR: '0' }, false)).toBe(false);
  expect(colourEnabled(pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, false)).toBe(false);
  expect(colourEnabled(pipe, { FORCE_COLOR: '1' }, true)).toBe(false);
});

test('a style without colour leaves the text as it is', () => {
  expect(styleFor(false).red('late')).toBe('late');
  expect(styleFor(true).red('late')).toBe('\u001b[31mlate\u001b[39m');
});
