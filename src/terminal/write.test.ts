import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { ExitCode } from '../exit-codes.ts';
import { writeAll } from './write.ts';

/** Takes pieces without end, and knows how many were asked for. */
function endless() {
  const asked = { pieces: 0 };
  function* pieces() {
    while (true) {
      asked.pieces += 1;
      yield 'x';
    }
  }
  return { asked, pieces: pieces() };
}

/** A stream whose writes fail with this code after the first three. */
function failing(code: string): Writable {
  let writes = 0;
  const output = new Writable({
    write(_chunk, _encoding, done) {
      writes += 1;
      done(writes > 3 ? Object.assign(new Error(`write ${code}`), { code }) : null);
    },
  });
  return output.on('error', () => {});
}

test('no more is asked for than what is read', async () => {
  const { asked, pieces } = endless();
  const taken: (() => void)[] = [];
  const slow = new Writable({ write: (_chunk, _encoding, done) => void taken.push(done) });
  void writeAll(slow, pieces);
  expect(asked.pieces).toBe(1);
  taken.shift()?.();
  await new Promise(setImmediate);
  expect(asked.pieces).toBe(2);
});

test('a reader that has seen enough ends it without an error', async () => {
  const { asked, pieces } = endless();
  const pipe = failing('EPIPE');
  await writeAll(pipe, pieces);
  expect(asked.pieces).toBe(4);
  await writeAll(pipe, pieces);
  expect(asked.pieces).toBe(4);
});

test('a full disk is no quiet end (73)', async () => {
  await expect(writeAll(failing('ENOSPC'), endless().pieces)).rejects.toMatchObject({
    code: 'ERR_RC_OUTPUT',
    exitCode: ExitCode.CANTCREAT,
    message: 'The output broke off: write ENOSPC.',
  });
});
