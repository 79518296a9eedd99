import { MessageWriter } from './buffers.ts';
import { changedColumns, writeBitVector, writeDescribe, writeRow, writeRowHeader } from './columns.ts';
import * as c from './constants.ts';
import type { Faults } from './faults.ts';
import type { Release } from './release.ts';
import { INTERRUPTED, writeEndOfCall } from './replies.ts';
import type { BindType } from './request.ts';
import type { Column, Fault, Row } from './types.ts';

export interface Reply {
  message: Buffer;
  fault: Fault | undefined;
}

/** A parsed statement of a session and, for a query, where its rows are. */
export class Cursor {
  readonly id: number;
  readonly sql: string;
  readonly isQuery: boolean;
  readonly #release: Release;
  bindTypes: readonly BindType[] = [];
  #columns: readonly Column[] = [];
  #rows: Iterator<Row> | undefined;
  #before: Row | undefined;
  #sent = 0;

  constructor(release: Release, id: number, sql: string, isQuery: boolean) {
    this.#release = release;
    this.id = id;
    this.sql = sql;
    this.isQuery = isQuery;
  }

  open(columns: readonly Column[], rows: Iterable<Row>): void {
    this.close();
    this.#columns = columns;
    this.#rows = rows[Symbol.iterator]();
    this.#before = undefined;
    this.#sent = 0;
  }

  close(): void {
    this.#rows?.return?.();
    this.#rows = undefined;
  }

  /** Describes the columns if asked to, then sends up to `count` rows, as far as no fault strikes. */
  reply(describe: boolean, count: number, callStatus: number, faults: Faults): Reply {
    const out = new MessageWriter();
    if (describe) writeDescribe(out, this.#columns, this.#release);
    const { fault, exhausted } = this.#writeRows(out, count, faults);
    if (describe) out.uint8(c.TNS_MSG_TYPE_PARAMETER).ub(0, 0, 0, 0);
    const end = { callStatus, cursorId: this.id, rowCount: this.#sent };
    if (fault?.do === 'error')
      writeEndOfCall(out, this.#release, { ...end, error: fault.error ?? INTERRUPTED });
    else if (exhausted) writeEndOfCall(out, this.#release, { ...end, error: NO_DATA_FOUND });
    else if (fault === undefined || fault.do === 'slow') writeEndOfCall(out, this.#release, end);
    return { message: out.message, fault };
  }

  #writeRows(out: MessageWriter, count: number, faults: Faults): { fault?: Fault; exhausted?: boolean } {
    let slow: Fault | undefined;
    for (let written = 0; written < count; written++) {
      const fault = slow ? undefined : faults.strike('fetch', this.sql, this.#sent);
      if (fault && fault.do !== 'slow') return { fault };
      slow ??= fault;
      const next = this.#rows?.next() ?? { done: true };
      if (next.done) return { exhausted: true, ...(slow && { fault: slow }) };
      const changed = changedColumns(next.value, this.#before);
      if (written === 0) writeRowHeader(out, count, changed);
      else if (changed) writeBitVector(out, this.#columns.length, changed);
      writeRow(out, this.#columns, next.value, changed);
      this.#before = next.value;
      this.#sent += 1;
    }
    return slow ? { fault: slow } : {};
  }
}

const NO_DATA_FOUND = { code: c.TNS_ERR_NO_DATA_FOUND, message: 'no data found' };
