import { Parser } from 'csv-parse';
import { LONGEST_RECORD } from './file-errors.ts';

type ParsingFailure = 'quote-not-closed' | 'record-too-long';

export interface Parsed {
  readonly records: readonly string[][];
  /** Set where the parser could not go on after these records. */
  readonly failure?: ParsingFailure;
}

const FAILURES: Readonly<Record<string, ParsingFailure>> = {
  CSV_QUOTE_NOT_CLOSED: 'quote-not-closed',
  CSV_MAX_RECORD_SIZE: 'record-too-long',
};

/** csv-parse, chunk in, records out: an object stream would lose the records before an error, and costs more. */
export class CsvParser {
  readonly #parser: CollectingParser;

  constructor(delimiter: string) {
    this.#parser = new CollectingParser({
      delimiter,
      // Given, not discovered, for a file whose parts came from different systems has both.
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_quotes: true,
      relax_column_count: true,
      max_record_size: LONGEST_RECORD,
    });
    // The callbacks below get the same error.
    this.#parser.on('error', () => {});
  }

  write(chunk: Buffer): Promise<Parsed> {
    return this.#collect((done) => this.#parser.write(chunk, done));
  }

  end(): Promise<Parsed> {
    return this.#collect((done) => this.#parser.end(done));
  }

  async #collect(act: (done: (error?: Error | null) => void) => void): Promise<Parsed> {
    const error = await new Promise<Error | null | undefined>(act);
    const records = this.#parser.takeRecords();
    if (!error) return { records };
    const failure = 'code' in error ? FAILURES[String(error.code)] : undefined;
    if (failure === undefined) throw error;
    return { records, failure };
  }
}

class CollectingParser extends Parser {
  #records: string[][] = [];

  override push(record: unknown): boolean {
    if (!Array.isArray(record)) return super.push(record);
    this.#records.push(record);
    return true;
  }

  takeRecords(): string[][] {
    const records = this.#records;
    this.#records = [];
    return records;
  }
}
