import { expect, test } from 'vitest';
import { createLog, type LogOptions } from './log.ts';
import { createProgress } from './progress.ts';
import { recordingStream } from './testing.ts';

const now = () => new Date('2026-01-02T03:04:05.678Z');
const TERMINAL: Partial<LogOptions> = { stderr: recordingStream(true) };

function logged(options: Partial<LogOptions>, write: (log: ReturnType<typeof createLog>) => void): string {
  const stderr = recordingStream(options.stderr?.isTTY === true);
  const defaults = { env: {}, format: 'text', level: 'normal', colour: false, now } as const;
  write(createLog({ ...defaults, ...options, stderr }));
  return stderr.written();
}

test('on a terminal a message stands as it is, with a word before warnings and errors', () => {
  const text = logged(TERMINAL, (log) => {
    log.info('40 rows read', { rows: 40 });
    log.warn('one has no group');
    log.error('not sent');
  });
  expect(text).toBe('40 rows read rows=40\nwarning: one has no group\nerror: not sent\n');
});

test('on a terminal only the words warning and error are coloured', () => {
  const text = logged({ ...TERMINAL, colour: true }, (log) => {
    log.info('fine');
    log.error('not sent');
  });
  expect(text).toBe('fine\n\u001b[31merror\u001b[39m: not sent\n');
});

test('in a file or a mail each record carries its time and level, and further lines are indented', () => {
  const text = logged({}, (log) => log.warn('line 3:\n2026-01-02T03:04:05.678Z error forged'));
  expect(text).toBe('2026-01-02T03:04:05.678Z warn  line 3:\n  2026-01-02T03:04:05.678Z error forged\n');
});

test('to the journal every line has its priority, and neither colour nor time', () => {
  const journal: Partial<LogOptions> = {
    env: { JOURNAL_STREAM: '9:18446744073709551615' },
    stderrFile: () => ({ dev: 9n, ino: 18446744073709551615n }),
    level: 'verbose',
    colour: true,
  };
  const text = logged(journal, (log) => {
    log.debug('d');
    log.info('i');
    log.warn('w');
    log.error('first\n<0>second');
  });
  expect(text).toBe('<7>d\n<6>i\n<4>w\n<3>first\n<3><0>second\n');
});

test('a JOURNAL_STREAM inherited from another service, or a closed stderr, is no journal', () => {
  const elsewhere = { env: { JOURNAL_STREAM: '9:42' }, stderrFile: () => ({ dev: 9n, ino: 43n }) };
  const closed = {
    env: { JOURNAL_STREAM: '9:42' },
    stderrFile: () => {
      throw new Error('EBADF');
    },
  };
  for (const options of [elsewhere, closed]) {
    expect(logged(options, (log) => log.info('i'))).toBe('2026-01-02T03:04:05.678Z info  i\n');
  }
});

test('JSON is one object a line, whatever the text holds', () => {
  const hostile = 'quote " newline \n escape \u001b[2J delete \u007f csi \u009b half \ud83d separator \u2028';
  const text = logged({ format: 'json' }, (log) => log.error(hostile, { meter: '00"12\n', attempts: 2 }));
  expect(text.match(/\n/g)).toHaveLength(1);
  expect(text.trimEnd()).not.toMatch(/[\p{Cc}\u2028]/u);
  expect(JSON.parse(text)).toEqual({
    time: '2026-01-02T03:04:05.678Z',
    level: 'error',
    message: hostile,
    meter: '00"12\n',
    attempts: 2,
  });
});

test('control characters in text are spelled out, in messages and in fields', () => {
  const text = logged(TERMINAL, (log) => log.info('a\u001b[2J\rb', { nocs: 'x\ny z', ok: true }));
  expect(text).toBe('a\\u001b[2J\\rb nocs="x\\ny z" ok=true\n');
});

test('quiet keeps warnings and errors; debug shows only when verbose', () => {
  const all = (log: ReturnType<typeof createLog>) => {
    log.debug('d');
    log.info('i');
    log.warn('w');
    log.error('e');
  };
  expect(logged({ ...TERMINAL, level: 'quiet' }, all)).toBe('warning: w\nerror: e\n');
  expect(logged({ ...TERMINAL, level: 'normal' }, all)).toBe('i\nwarning: w\nerror: e\n');
  expect(logged({ ...TERMINAL, level: 'verbose' }, all)).toBe('d\ni\nwarning: w\nerror: e\n');
});

test('a log line takes the progress line away first', () => {
  const stderr = recordingStream(true);
  const log = createLog({ stderr, env: {}, format: 'text', level: 'normal', colour: false, now });
  const progress = createProgress(stderr, { columns: 20, now });
  progress.update({ done: 1, total: 2, label: 'm', secondsLeft: null });
  log.debug('nobody sees this');
  expect(stderr.written()).toBe(`\r${'1 of 2 · m'.padEnd(19)}`);
  log.info('sent');
  expect(stderr.written()).toBe(`\r${'1 of 2 · m'.padEnd(19)}\r${' '.repeat(19)}\rsent\n`);
});

test('a failure tells its code and, on a line of its own, what to do next; JSON keeps them apart', () => {
  const failure = {
    code: 'ERR_RC_NO_CONFIG',
    message: 'No configuration.',
    hint: 'Run rc-notify config init.',
  };
  expect(logged(TERMINAL, (log) => log.failure(failure))).toBe(
    'error: No configuration. [ERR_RC_NO_CONFIG]\nRun rc-notify config init.\n',
  );
  expect(JSON.parse(logged({ format: 'json' }, (log) => log.failure(failure)))).toMatchObject({
    level: 'error',
    ...failure,
  });
});
