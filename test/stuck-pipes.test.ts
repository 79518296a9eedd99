import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { meterNumbers, Workplace } from './harness/workplace.ts';

/** A named pipe without a writer, as the source; a deadline of two minutes, by a clock that is 60 times as fast. */
function stuckSource(): Workplace {
  const work = new Workplace({
    source: { type: 'file', file: { path: 'pipe.csv' } },
    channel: 'terminal',
    pace: { deadline: '2m' },
    whatsapp: { ackTimeout: '60s' },
  });
  execFileSync('mkfifo', [join(work.directory, 'pipe.csv')]);
  return work;
}

it.each(['scan', 'config check', 'preview --meter 1'])(
  'a named pipe nobody writes to: %s ends at the deadline with 69, and the process with it',
  async (command) => {
    const ended = await stuckSource().run(command.split(' '), { world: { speed: 60 } });
    expect(ended.code, ended.stderr).toBe(69);
    expect(ended.stderr).toContain('pipe.csv');
  },
  15_000,
);

/** Told or explained, these are more than a pipe holds. */
function manyMessages(): Workplace {
  const work = new Workplace();
  work.late(meterNumbers(2000).map((meter) => ({ meter })));
  return work;
}

it('a reader that stopped reading is given 5 s, then the process ends with its code and says what is lost', async () => {
  const work = manyMessages();
  const path = join(work.directory, 'unread');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, 'r+');
  onTestFinished(() => closeSync(reader));
  const ended = await work.run(['scan', '--baseline', '--explain'], {
    under: ['sh', '-c', 'exec "$@" > unread', 'sh'],
  });
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stderr).toContain('the rest of it is lost');
  expect(new Set(work.rows().map((row) => row.reason))).toEqual(new Set(['baseline']));
});

it('a reader that went away keeps nobody waiting', async () => {
  const work = manyMessages();
  const ended = await work.run(['scan', '--dry-run'], {
    under: ['sh', '-c', '"$@" | head -n 1; exit 0', 'sh'],
  });
  expect(ended.stdout.trim().split('\n')).toHaveLength(1);
});
