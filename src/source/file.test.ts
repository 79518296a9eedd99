import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { readAll, readFile, readStdin } from '../../test/support/read-source.ts';
import { openFileSource } from './file.ts';

const directory = mkdtempSync(join(tmpdir(), 'rc-notify-file-'));
afterAll(() => rmSync(directory, { recursive: true }));

const CSV = 'METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS\n1,"ঢাকা\n🚨",60\n2,b\n3,c,""\n';
const NDJSON =
  '{"METER_NUMBER":1,"NOCS_NAME":"ঢাকা \\"🚨\\\\","ELAPSED_SECONDS":60.50}\n{"x"\n{"METER_NUMBER":"3"}\n';
const JSON_ARRAY = `[${NDJSON.trim().replace('{"x"', '{"x"}').replaceAll('\n', ',\n')}]\n`;

const open = (path: string) => openFileSource({ path, columns: {} }, new PassThrough());

describe('the format', () => {
  it('goes by the extension, in any case', async () => {
    expect((await readFile('a.CSV', CSV)).rows).toHaveLength(3);
    expect((await readFile('a.json', JSON_ARRAY)).rows).toHaveLength(3);
    expect((await readFile('a.ndjson', NDJSON)).rows).toHaveLength(3);
    expect((await readFile('a.jsonl', NDJSON)).rows).toHaveLength(3);
  });

  it.each(['commands.xlsx', 'commands', '.csv'])('of %s is not known, which names those that are', (name) => {
    expect(() => open(`/data/${name}`)).toThrow(
      expect.objectContaining({
        code: 'ERR_RC_SOURCE_FORMAT',
        exitCode: 78,
        message: expect.stringMatching(new RegExp(`${name} is none of \\.csv, \\.json and \\.ndjson`)),
      }),
    );
  });

  it.each([
    ['CSV', CSV, 'line'],
    ['an array', JSON_ARRAY, 'row'],
    ['one object a line', NDJSON, 'line'],
  ])('of standard input goes by its first character: %s', async (_name, content, positionName) => {
    const result = await readStdin(`\ufeff \n${content}`);
    expect(result.error).toBeUndefined();
    expect(result.positionName).toBe(positionName);
    expect(result.rows.map((row) => row.meterNumber).filter(Boolean)).toHaveLength(
      positionName === 'line' && content === CSV ? 3 : 2,
    );
  });
});

it.each([CSV, NDJSON, JSON_ARRAY, CSV.slice(0, -6), NDJSON.slice(0, -9), JSON_ARRAY.slice(0, -9)])(
  'the same is read whether it comes whole or byte by byte (%#)',
  async (content) => {
    const whole = await readStdin(`\ufeff${content}`);
    const pieces = await readStdin(`\ufeff${content}`, 1);
    expect(pieces.rows).toEqual(whole.rows);
    expect(pieces.error).toEqual(whole.error);
    expect(whole.rows[0]?.nocsName).toContain('ঢাকা');
  },
);

it('a long file comes in batches of about a thousand rows', async () => {
  const lines = Array.from({ length: 12_345 }, (_, index) => `${index},NOCS-1,60`);
  const { rows, batchSizes } = await readFile(
    'a.csv',
    `METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS\n${lines.join('\n')}\n`,
  );
  expect(rows.map((row) => row.meterNumber)).toEqual(lines.map((_, index) => String(index)));
  expect(rows.at(-1)?.position).toBe(12_346);
  expect(Math.min(...batchSizes.slice(0, -1))).toBeGreaterThanOrEqual(1000);
  expect(Math.max(...batchSizes)).toBeLessThan(12_000);
});

describe('what is not there', () => {
  it('a missing file is 69 and names its path', async () => {
    const path = join(directory, 'none.csv');
    const { rows, error } = await readAll(open(path));
    expect(rows).toEqual([]);
    expect(error).toMatchObject({
      code: 'ERR_RC_SOURCE_MISSING',
      exitCode: 69,
      message: `The source, file ${path}, does not exist; nothing was cleared.`,
      hint: expect.stringContaining('source.file.path'),
    });
  });

  it('a directory is 69', async () => {
    const path = join(directory, 'directory.csv');
    mkdirSync(path);
    const { error } = await readAll(open(path));
    expect(error).toMatchObject({
      code: 'ERR_RC_SOURCE_UNREADABLE',
      exitCode: 69,
      message: expect.stringMatching(/directory\.csv, can not be read \(EISDIR/),
    });
  });

  it.each(['', ' \n\r\n', '\ufeff', '\ufeff\n', '\0'.repeat(4096), ' '.repeat(2_000_000)])(
    'an empty file is 65 (%#)',
    async (content) => {
      for (const name of ['a.csv', 'a.json', 'a.ndjson']) {
        const { rows, error } = await readFile(name, content);
        expect(rows).toEqual([]);
        expect(error).toMatchObject({
          code: 'ERR_RC_SOURCE_EMPTY',
          exitCode: 65,
          message: expect.stringMatching(/is empty; nothing was cleared\.$/),
        });
      }
      expect((await readStdin(content)).error).toMatchObject({ code: 'ERR_RC_SOURCE_EMPTY', exitCode: 65 });
    },
  );
});

it('UTF-16 is named, instead of columns that look right and are not found', async () => {
  const { error } = await readFile('a.csv', Buffer.from(`\ufeff${CSV}`, 'utf16le'));
  expect(error).toMatchObject({
    code: 'ERR_RC_SOURCE_DAMAGED',
    exitCode: 65,
    message: expect.stringContaining('the text is UTF-16'),
    hint: expect.stringContaining('UTF-8'),
  });
});

describe('a read that is stopped', () => {
  it('ends at once with 69, its rows told, though standard input never ends', async () => {
    const stdin = new PassThrough();
    const stop = new AbortController();
    const reading = readAll(openFileSource({ path: '-', columns: {} }, stdin), stop.signal);
    stdin.write(`${CSV}4,d,70\n5,eee`);
    await new Promise(setImmediate);
    stop.abort(new Error('deadline'));
    const { rows, error } = await reading;
    expect(rows.map((row) => row.meterNumber)).toEqual(['1', '2', '3', '4']);
    expect(error).toMatchObject({
      code: 'ERR_RC_SOURCE_STOPPED',
      exitCode: 69,
      message: 'Reading standard input was stopped before its end; nothing was cleared.',
    });
    expect(stdin.destroyed).toBe(true);
  });

  it('does not begin where it was stopped before', async () => {
    const { rows, error } = await readAll(open(join(directory, 'none.csv')), AbortSignal.abort());
    expect([rows, (error as Error & { code: string }).code]).toEqual([[], 'ERR_RC_SOURCE_STOPPED']);
  });
});

it('a named pipe is read from its first writer to its end', async () => {
  const path = join(directory, 'pipe.csv');
  execFileSync('mkfifo', [path]);
  const reading = readAll(open(path));
  await writeFile(path, CSV);
  const { rows, error } = await reading;
  expect(error).toBeUndefined();
  expect(rows.map((row) => row.meterNumber)).toEqual(['1', '2', '3']);
});

it('what stops reading early lets the file go', async () => {
  const stdin = new PassThrough();
  stdin.write(`METER_NUMBER,NOCS_NAME,ELAPSED_SECONDS\n${'1,a,60\n'.repeat(20_000)}`);
  for await (const { rows } of openFileSource({ path: '-', columns: {} }, stdin).read(
    new AbortController().signal,
  )) {
    expect(rows.length).toBeGreaterThanOrEqual(1000);
    break;
  }
  await finished(stdin, { readable: true, writable: false }).catch(() => {});
  expect(stdin.destroyed).toBe(true);
});

it('it is named for people, without a look-back', () => {
  expect(open('/data/rc.csv')).toMatchObject({ description: 'file /data/rc.csv', lookbackMs: null });
  expect(open('-')).toMatchObject({ description: 'standard input', lookbackMs: null });
});
