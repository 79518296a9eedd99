import { expect, test } from 'vitest';
import { clearProgressLine, createProgress } from './progress.ts';
import { recordingStream } from './testing.ts';

const BLANK_LINE = `\r${' '.repeat(29)}\r`;

function start(terminal: boolean) {
  const stderr = recordingStream(terminal);
  let time = 0;
  const progress = createProgress(stderr, { columns: 30, now: () => new Date(time) });
  return {
    stderr,
    progress,
    after(ms: number) {
      time += ms;
    },
  };
}

test('the line says how many of how many, which meter, and the time left', () => {
  const { stderr, progress } = start(true);
  progress.update({ done: 3, total: 14, label: '00123456', secondsLeft: 80 });
  expect(stderr.written()).toBe(`\r${'3 of 14 · 00123456 · 1m 20s left'.slice(0, 29)}`);
});

test('an unknown time is left out, and a shorter line covers the longer one before', () => {
  const { stderr, progress } = start(true);
  progress.update({ done: 3, total: 14, label: '1', secondsLeft: null });
  expect(stderr.written()).toBe(`\r${'3 of 14 · 1'.padEnd(29)}`);
});

test('nothing is written where stderr is no terminal', () => {
  const { stderr, progress } = start(false);
  progress.update({ done: 1, total: 2, label: 'a', secondsLeft: 1 });
  progress.clear();
  clearProgressLine(stderr);
  expect(stderr.written()).toBe('');
});

test('whoever writes to the terminal can take the line away; the next update draws it again at once', () => {
  const { stderr, progress } = start(true);
  progress.update({ done: 1, total: 3, label: 'a', secondsLeft: 9 });
  const drawn = stderr.written();
  clearProgressLine(stderr);
  clearProgressLine(stderr);
  expect(stderr.written()).toBe(drawn + BLANK_LINE);
  progress.update({ done: 1, total: 3, label: 'a', secondsLeft: 9 });
  expect(stderr.written()).toBe(drawn + BLANK_LINE + drawn);
});

test('many updates within a tenth of a second draw once, but the last one always shows', () => {
  const { stderr, progress, after } = start(true);
  progress.update({ done: 1, total: 3, label: 'a', secondsLeft: 9 });
  after(50);
  progress.update({ done: 2, total: 3, label: 'b', secondsLeft: 9 });
  expect(stderr.written()).not.toContain('2 of 3');
  progress.update({ done: 3, total: 3, label: 'c', secondsLeft: 0 });
  expect(stderr.written()).toContain('3 of 3 · c · 0s left');
});

test('a hostile label can not move the cursor', () => {
  const { stderr, progress } = start(true);
  progress.update({ done: 1, total: 3, label: '\u001b[2J', secondsLeft: null });
  expect(stderr.written()).not.toContain('\u001b');
});
