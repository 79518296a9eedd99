import { CsvHeader, findDelimiter } from './csv-header.ts';
import { CsvParser, type Parsed } from './csv-parser.ts';
import { cutOff, LONGEST_RECORD, tooLong } from './file-errors.ts';
import type { SourceField, SourceRow } from './port.ts';
import type { ReaderInput, RowReader } from './row-reader.ts';

/** Reads CSV with a header line, fields divided by `,` or `;`; blank lines are skipped. */
export class CsvReader implements RowReader {
  readonly positionName = 'line';
  readonly #input: ReaderInput;
  #head = Buffer.alloc(0);
  #parser: CsvParser | undefined;
  #header: CsvHeader | undefined;
  /** Where the next record starts. */
  #line = 1;
  #bytesSinceRecord = 0;
  #endsWithNewline = false;
  /** Has too few fields: a defect, or, as the last record of all, the sign of a file cut off. */
  #short: SourceRow | undefined;

  constructor(input: ReaderInput) {
    this.#input = input;
  }

  get fields(): ReadonlySet<SourceField> {
    return this.#header?.fields ?? new Set();
  }

  async write(chunk: Buffer): Promise<void> {
    const last = chunk.at(-1);
    this.#endsWithNewline = last === 10 || last === 13;
    if (this.#parser) return this.#parse(this.#parser, chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    const delimiter = findDelimiter(this.#head, false);
    if (delimiter !== undefined) await this.#start(delimiter);
    else if (this.#head.length > LONGEST_RECORD) throw this.#tooLong();
  }

  async end(): Promise<void> {
    const parser = this.#parser ?? (await this.#start(findDelimiter(this.#head, true) ?? ','));
    this.#take(await parser.end());
    const { description, sink } = this.#input;
    if (this.#short && !this.#endsWithNewline) throw cutOff(description, `line ${this.#short.position}`);
    if (this.#short) sink(this.#short);
  }

  async #start(delimiter: string): Promise<CsvParser> {
    this.#parser = new CsvParser(delimiter);
    await this.#parse(this.#parser, this.#head);
    this.#head = Buffer.alloc(0);
    return this.#parser;
  }

  async #parse(parser: CsvParser, chunk: Buffer): Promise<void> {
    const parsed = await parser.write(chunk);
    this.#take(parsed);
    // The parser's own limit does not see a line of delimiters alone.
    this.#bytesSinceRecord = parsed.records.length > 0 ? 0 : this.#bytesSinceRecord + chunk.length;
    if (this.#bytesSinceRecord > LONGEST_RECORD) throw this.#tooLong();
  }

  #take({ records, failure }: Parsed): void {
    for (const record of records) {
      const newlines = newlinesIn(record);
      if (record.length > 1 || record[0]?.trim() !== '') this.#record(record, newlines);
      this.#line += newlines + 1;
    }
    if (failure === 'record-too-long') throw this.#tooLong();
    if (failure) throw cutOff(this.#input.description, `line ${this.#line}, whose quote is not closed`);
  }

  #record(record: readonly string[], newlines: number): void {
    const { columns, description, sink } = this.#input;
    if (!this.#header) {
      this.#header = new CsvHeader(record, columns, description);
      return;
    }
    if (this.#short) sink(this.#short);
    this.#short = undefined;
    const row = this.#header.row(record, this.#line);
    const defect = this.#defectOf(record, newlines, this.#header.width);
    if (defect === undefined) sink(row);
    else if (record.length < this.#header.width) this.#short = { ...row, defect };
    else sink({ ...row, defect });
  }

  #defectOf(record: readonly string[], newlines: number, width: number): string | undefined {
    const lines = newlines === 0 ? '' : ` and ends in line ${this.#line + newlines}`;
    if (record.length !== width) return `has ${record.length} fields instead of ${width}${lines}`;
    // The parser leaves its quote to a field whose closing quote is misplaced; the lines between may be rows.
    const swallowing = newlines > 0 && record.some((field) => field.startsWith('"') && field.includes('\n'));
    return swallowing ? `has a misplaced quote${lines}` : undefined;
  }

  #tooLong() {
    return tooLong(this.#input.description, `line ${this.#line}`);
  }
}

function newlinesIn(record: readonly string[]): number {
  let count = 0;
  for (const field of record) {
    for (let at = field.indexOf('\n'); at !== -1; at = field.indexOf('\n', at + 1)) count += 1;
  }
  return count;
}
