import { cutOff, damaged, LONGEST_RECORD, tooLong } from './file-errors.ts';
import { JsonRecords } from './json-record.ts';
import type { ReaderInput, RowReader } from './row-reader.ts';

const [BLANK, QUOTE, COMMA, OPEN_ARRAY, BACKSLASH, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [
  32, 34, 44, 91, 92, 93, 123, 125,
] as const;

/**
 * Reads an array of JSON objects without holding it: only brackets and strings are followed, to find where
 * each element ends; what is in it is left to JSON.parse.
 */
export class JsonArrayReader implements RowReader {
  readonly positionName = 'row';
  readonly #input: ReaderInput;
  readonly #records: JsonRecords;
  #place: 'before' | 'inside' | 'after' = 'before';
  /** The start of an element whose end was not read yet. */
  #started = Buffer.alloc(0);
  #number = 1;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(input: ReaderInput) {
    this.#input = input;
    this.#records = new JsonRecords(input.columns);
  }

  get fields() {
    return this.#records.fields;
  }

  write(chunk: Buffer): void {
    let from = 0;
    if (this.#place === 'before') from = this.#readOpening(chunk);
    if (this.#place === 'inside') from = this.#readElements(chunk, from);
    if (this.#place === 'after' && chunk.toString('utf8', from).trim() !== '') {
      throw damaged(this.#input.description, 'there is more after the closing bracket of the array');
    }
  }

  end(): void {
    if (this.#place !== 'after') {
      // A last record that is whole is still told.
      if (this.#depth === 0 && this.#started.toString().trimEnd().endsWith('}'))
        this.#take(Buffer.alloc(0), false);
      const isBetween = this.#started.toString().trim() === '';
      throw cutOff(this.#input.description, isBetween ? 'its array' : `record ${this.#number}`);
    }
    this.#records.checkColumns(this.#input.description);
  }

  #readOpening(chunk: Buffer): number {
    const at = chunk.findIndex((byte) => byte > BLANK);
    if (at === -1) return chunk.length;
    if (chunk[at] !== OPEN_ARRAY) {
      throw damaged(
        this.#input.description,
        'there is no JSON array',
        'Where it has one JSON object a line, name it .ndjson; then run "rc-notify scan".',
      );
    }
    this.#place = 'inside';
    return at + 1;
  }

  /** Returns where the array ends, else the end of the chunk. */
  #readElements(chunk: Buffer, from: number): number {
    let start = from;
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === QUOTE) {
        this.#inString = true;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        this.#depth += 1;
      } else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && this.#depth > 0) {
        this.#depth -= 1;
      } else if (this.#depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY)) {
        this.#take(chunk.subarray(start, at), byte === CLOSE_ARRAY);
        start = at + 1;
        if (this.#place === 'after') return start;
      }
    }
    this.#started = Buffer.concat([this.#started, chunk.subarray(start)]);
    this.#checkLength(this.#started);
    return chunk.length;
  }

  #take(rest: Buffer, isLast: boolean): void {
    const element = this.#started.length > 0 ? Buffer.concat([this.#started, rest]) : rest;
    this.#started = Buffer.alloc(0);
    this.#checkLength(element);
    if (isLast) this.#place = 'after';
    const text = element.toString();
    const arrayIsEmpty = isLast && this.#number === 1 && text.trim() === '';
    if (!arrayIsEmpty) this.#input.sink(this.#records.row(text, this.#number));
    this.#number += 1;
  }

  #checkLength(element: Buffer): void {
    if (element.length > LONGEST_RECORD) throw tooLong(this.#input.description, `record ${this.#number}`);
  }
}
