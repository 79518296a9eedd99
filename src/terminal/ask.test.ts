import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askForWord, confirm } from './ask.ts';
import { recordingStream } from './testing.ts';

function person(answer: string, terminals: { stdin: boolean; stderr: boolean }) {
  const stdin = Object.assign(new PassThrough(), { isTTY: terminals.stdin });
  stdin.end(answer);
  const stderr = recordingStream(terminals.stderr);
  return { stdin, stderr, stdout: recordingStream(true), env: {}, cwd: '/' };
}

const AT_TERMINAL = { stdin: true, stderr: true };

test.each(['y', 'Y', 'yes', ' YES '])('%j is a yes', async (answer) => {
  const io = person(`${answer}\n`, AT_TERMINAL);
  expect(await confirm(io, 'Release 3 notifications?')).toBe(true);
  expect(io.stderr.written()).toBe('Release 3 notifications? [y/N] ');
});

test.each(['\n', 'n\n', 'yep\n', ''])('%j is a no', async (input) => {
  expect(await confirm(person(input, AT_TERMINAL), 'Release?')).toBe(false);
});

test('nobody is asked unless both stdin and stderr are terminals', async () => {
  for (const terminals of [
    { stdin: false, stderr: true },
    { stdin: true, stderr: false },
  ]) {
    const io = person('yes\n', terminals);
    expect(await confirm(io, 'Release?')).toBeNull();
    expect(await askForWord(io, 'Release all?', 'all')).toBeNull();
    expect(io.stderr.written()).toBe('');
  }
});

test('where a word is asked for, only that word is a yes', async () => {
  const io = person('all\n', AT_TERMINAL);
  expect(await askForWord(io, 'Release all 12?', 'all')).toBe(true);
  expect(io.stderr.written()).toBe('Release all 12? Type all to go on: ');
  expect(await askForWord(person('yes\n', AT_TERMINAL), 'Release all 12?', 'all')).toBe(false);
  expect(await askForWord(person('', AT_TERMINAL), 'Release all 12?', 'all')).toBe(false);
});

test('a hostile name in a question does not reach the terminal', async () => {
  const io = person('n\n', AT_TERMINAL);
  await confirm(io, 'Release \u001b[2J?');
  expect(io.stderr.written()).toBe('Release \\u001b[2J? [y/N] ');
});
