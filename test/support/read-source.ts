import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { ColumnNames } from '../../src/source/columns.ts';
import { openFileSource } from '../../src/source/file.ts';
import type { Source, SourceField, SourceRow } from '../../src/source/port.ts';

export interface ReadResult {
  readonly rows: readonly SourceRow[];
  readonly batchSizes: readonly number[];
  readonly fields: ReadonlySet<SourceField>;
  readonly positionName: 'line' | 'row';
  /** What ended the read early. */
  readonly error: unknown;
}

/** Reads a source to its end or its error. */
export async function readAll(source: Source, signal = new AbortController().signal): Promise<ReadResult> {
  const rows: SourceRow[] = [];
  const batchSizes: number[] = [];
  let fields: ReadonlySet<SourceField> = new Set();
  let error: unknown;
  try {
    for await (const batch of source.read(signal)) {
      rows.push(...batch.rows);
      batchSizes.push(batch.rows.length);
      fields = batch.fields;
    }
  } catch (thrown) {
    error = thrown;
  }
  return { rows, batchSizes, fields, positionName: source.positionName, error };
}

/** Reads a file of this name and content. */
export async function readFile(
  name: string,
  content: string | Uint8Array,
  columns: ColumnNames = {},
): Promise<ReadResult> {
  const directory = mkdtempSync(join(tmpdir(), 'rc-notify-source-'));
  try {
    const path = join(directory, name);
    writeFileSync(path, content);
    return await readAll(openFileSource({ path, columns }, new PassThrough()));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Reads standard input that comes in pieces of `size` bytes. */
export async function readStdin(content: string | Uint8Array, size = 65_536): Promise<ReadResult> {
  const stdin = new PassThrough();
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length; at += size) stdin.write(bytes.subarray(at, at + size));
  stdin.end();
  return readAll(openFileSource({ path: '-', columns: {} }, stdin));
}
