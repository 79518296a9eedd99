import { cutOff, LONGEST_RECORD, tooLong } from './file-errors.ts';
import { JsonRecords, parseJson } from './json-record.ts';
import type { ReaderInput, RowReader } from './row-reader.ts';

const NEWLINE = 10;

/** Reads one JSON object a line; blank lines are skipped. */
export class NdjsonReader implements RowReader {
  readonly positionName = 'line';
  readonly #input: ReaderInput;
  readonly #records: JsonRecords;
  /** The start of a line whose end was not read yet. */
  #started = Buffer.alloc(0);
  #line = 1;

  constructor(input: ReaderInput) {
    this.#input = input;
    this.#records = new JsonRecords(input.columns);
  }

  get fields() {
    return this.#records.fields;
  }

  write(chunk: Buffer): void {
    const bytes = Buffer.concat([this.#started, chunk]);
    let start = 0;
    let end = bytes.indexOf(NEWLINE, this.#started.length);
    while (end !== -1) {
      this.#take(bytes.subarray(start, end));
      start = end + 1;
      end = bytes.indexOf(NEWLINE, start);
    }
    this.#started = bytes.subarray(start);
    this.#checkLength(this.#started);
  }

  end(): void {
    const last = this.#started.toString();
    if (last.trim() !== '' && parseJson(last) === undefined) {
      throw cutOff(this.#input.description, `line ${this.#line}`);
    }
    this.#take(this.#started);
    this.#records.checkColumns(this.#input.description);
  }

  #take(bytes: Buffer): void {
    this.#checkLength(bytes);
    const text = bytes.toString();
    if (text.trim() !== '') this.#input.sink(this.#records.row(text, this.#line));
    this.#line += 1;
  }

  #checkLength(bytes: Buffer): void {
    if (bytes.length > LONGEST_RECORD) throw tooLong(this.#input.description, `line ${this.#line}`);
  }
}
