import { constants, createReadStream, openSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { extname } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ColumnNames } from './columns.ts';
import { CsvReader } from './csv.ts';
import { empty, LONGEST_RECORD, notUtf8, stopped, unknownFormat, unreadable } from './file-errors.ts';
import { JsonArrayReader } from './json-array.ts';
import { NdjsonReader } from './ndjson.ts';
import type { RowBatch, Source, SourceField, SourceRow } from './port.ts';
import type { ReaderInput, RowReader } from './row-reader.ts';

export interface FileSourceOptions {
  /** Absolute; `-` = standard input. */
  readonly path: string;
  readonly columns: ColumnNames;
}

const BATCH = 1000;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');
const UTF_16_MARKS = ['fffe', 'feff'];

const READERS = {
  csv: CsvReader,
  json: JsonArrayReader,
  ndjson: NdjsonReader,
  jsonl: NdjsonReader,
} satisfies Record<string, new (input: ReaderInput) => RowReader>;

type Format = keyof typeof READERS;

/**
 * RC commands in a CSV, JSON or NDJSON file, by its extension, or on standard input, by its first character.
 * Throws RcError 78 on another extension; the file is opened when it is read.
 */
export function openFileSource(options: FileSourceOptions, stdin: NodeJS.ReadableStream): Source {
  return new FileSource(options, stdin);
}

class FileSource implements Source {
  readonly description: string;
  readonly lookbackMs = null;
  readonly #options: FileSourceOptions;
  readonly #stdin: NodeJS.ReadableStream;
  /** Not known of standard input before its first character came. */
  #format: Format | undefined;

  constructor(options: FileSourceOptions, stdin: NodeJS.ReadableStream) {
    const isStdin = options.path === '-';
    this.#options = options;
    this.#stdin = stdin;
    this.#format = isStdin ? undefined : formatOf(options.path);
    this.description = isStdin ? 'standard input' : `file ${options.path}`;
  }

  get positionName() {
    return this.#format === 'json' ? 'row' : 'line';
  }

  async *read(signal: AbortSignal): AsyncGenerator<RowBatch> {
    const rows: SourceRow[] = [];
    let reader: RowReader | undefined;
    const batch = () => ({ fields: reader?.fields ?? new Set<SourceField>(), rows: rows.splice(0) });
    try {
      for await (const chunk of contentOf(this.#chunks(signal), this.description)) {
        reader ??= this.#readerFor(chunk, (row) => rows.push(row));
        await reader.write(chunk);
        if (rows.length >= BATCH) yield batch();
      }
      await reader?.end();
    } catch (error) {
      if (rows.length > 0) yield batch();
      throw error;
    }
    yield batch();
  }

  async *#chunks(signal: AbortSignal): AsyncGenerator<Buffer> {
    const { path } = this.#options;
    try {
      const chunks = new PassThrough();
      // The same error ends the loop over `chunks`.
      pipeline(path === '-' ? this.#stdin : open(path), chunks, { signal }).catch(() => {});
      yield* chunks;
    } catch (error) {
      throw signal.aborted ? stopped(this.description, signal.reason) : unreadable(this.description, error);
    }
  }

  #readerFor(content: Buffer, sink: (row: SourceRow) => void): RowReader {
    this.#format ??= formatIn(content);
    const { columns } = this.#options;
    return new READERS[this.#format]({ description: this.description, columns, sink });
  }
}

/** A named pipe is opened without waiting for a writer: the thread that waits would keep the process from ever ending. */
function open(path: string): Readable {
  if (statSync(path, { throwIfNoEntry: false })?.isFIFO() !== true) return createReadStream(path);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

function formatOf(path: string): Format {
  const extension = extname(path).slice(1).toLowerCase();
  const format = (Object.keys(READERS) as Format[]).find((name) => name === extension);
  if (!format) throw unknownFormat(path);
  return format;
}

function formatIn(content: Buffer): Format {
  const first = String.fromCharCode(content.find(isVisible) ?? 0);
  return first === '[' ? 'json' : first === '{' ? 'ndjson' : 'csv';
}

/** The chunks without a byte order mark, of which the first is not blank. Throws RcError 65 where all are, or on UTF-16. */
async function* contentOf(chunks: AsyncIterable<Buffer>, description: string): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  let isFound = false;
  for await (const chunk of chunks) {
    if (isFound) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const mayBeMark = head.equals(BYTE_ORDER_MARK.subarray(0, head.length));
    const isMarked = head.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
    const content = isMarked ? head.subarray(BYTE_ORDER_MARK.length) : head;
    isFound = !mayBeMark && content.some(isVisible);
    if (isFound && UTF_16_MARKS.includes(content.toString('hex', 0, 2))) throw notUtf8(description);
    if (isFound) yield content;
    else if (head.length > LONGEST_RECORD) break;
  }
  if (!isFound) throw empty(description);
}

function isVisible(byte: number): boolean {
  return byte > 0x20;
}
