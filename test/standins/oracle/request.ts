import type { MessageReader } from './buffers.ts';
import * as c from './constants.ts';
import { decodeDate, decodeNumber } from './encode.ts';
import type { Release } from './release.ts';
import type { Binds } from './types.ts';

export interface BindType {
  dataType: number;
  csfrm: number;
}

export interface ExecuteRequest {
  options: number;
  cursorId: number;
  /** Empty when a cursor is executed anew. */
  sql: string;
  rows: number;
  isQuery: boolean;
  bindTypes: BindType[];
}

/** OALL8 up to the bind values, which follow if there are any. */
export function readExecute(request: MessageReader): ExecuteRequest {
  const options = request.ub();
  const cursorId = request.ub();
  const parses = request.uint8() === 1;
  request.ub();
  request.skip(1);
  request.ub(); // al8i4 array length
  request.skip(3);
  const rows = request.ub();
  request.ub(); // maximum long size
  request.skip(1);
  const bindCount = request.ub();
  request.skip(5);
  request.skip(1);
  if (request.ub() > 0) throw new Error('defines are not known here');
  request.ub(); // registration
  request.skip(3);
  request.ub();
  request.skip(1);
  request.ub();
  request.ub();
  request.skip(1); // DML row counts
  request.ub();
  request.skip(1);
  request.skip(1); // SQL signature and id
  request.ub();
  request.skip(1);
  request.ub();
  request.skip(2); // and chunk ids
  request.ub();
  const sql = parses ? request.text() : '';
  const al8i4 = Array.from({ length: 13 }, () => request.ub());
  const bindTypes = Array.from({ length: bindCount }, () => readBindType(request));
  return { options, cursorId, sql, rows, isQuery: al8i4[7] === 1, bindTypes };
}

function readBindType(request: MessageReader): BindType {
  const dataType = request.uint8();
  request.skip(3);
  request.ub(); // size
  request.ub(); // array elements
  request.ub(); // flags
  if (request.ub() > 0) request.bytesWithLength();
  request.ub(); // version
  request.ub(); // character set
  const csfrm = request.uint8();
  request.ub();
  request.ub();
  return { dataType, csfrm };
}

/** The values of one execution, under the names their places have in the text. */
export function readBinds(request: MessageReader, sql: string, types: readonly BindType[]): Binds {
  const binds: Binds = {};
  if (types.length === 0 || request.done) return binds;
  if (request.uint8() !== c.TNS_MSG_TYPE_ROW_DATA) throw new Error('bind values expected');
  const names = placeholders(sql);
  types.forEach((type, index) => {
    binds[names[index] ?? String(index + 1)] = bindValue(type, request.bytesWithLength());
  });
  return binds;
}

function bindValue({ dataType, csfrm }: BindType, bytes: Buffer | null): string | number | null {
  if (bytes === null) return null;
  switch (dataType) {
    case c.TNS_DATA_TYPE_VARCHAR:
    case c.TNS_DATA_TYPE_CHAR:
    case c.TNS_DATA_TYPE_LONG:
      return csfrm === c.CSFRM_NCHAR ? Buffer.from(bytes).swap16().toString('utf16le') : bytes.toString();
    case c.TNS_DATA_TYPE_NUMBER:
    case c.TNS_DATA_TYPE_BINARY_INTEGER: {
      const text = decodeNumber(bytes);
      return String(Number(text)) === text ? Number(text) : text;
    }
    case c.TNS_DATA_TYPE_DATE:
    case c.TNS_DATA_TYPE_TIMESTAMP:
    case c.TNS_DATA_TYPE_TIMESTAMP_TZ:
    case c.TNS_DATA_TYPE_TIMESTAMP_LTZ:
      return decodeDate(bytes);
    default:
      throw new Error(`binds of data type ${dataType} are not known here`);
  }
}

const TOKEN = /'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\/|:\s*(\w[\w$#]*)/g;

/** Names of the bind places of a statement, in order, each as often as it stands there. */
function placeholders(sql: string): string[] {
  return [...sql.matchAll(TOKEN)].flatMap((match) => match[1] ?? []);
}

/** The code of a function; 23ai has a token behind it. */
export function readFunction(request: MessageReader, { is23ai }: Release): number {
  const code = request.uint8();
  request.skip(1); // sequence number
  if (is23ai) request.ub();
  return code;
}

/** Reads past a piggyback; the ids of the cursors it closes. */
export function readPiggyback(request: MessageReader, release: Release): number[] {
  const code = readFunction(request, release);
  switch (code) {
    case c.TNS_FUNC_CLOSE_CURSORS:
    case c.TNS_FUNC_CANCEL_CURSORS: {
      request.skip(1);
      const ids = Array.from({ length: request.ub() }, () => request.ub());
      return code === c.TNS_FUNC_CLOSE_CURSORS ? ids : [];
    }
    case c.TNS_FUNC_SET_SCHEMA:
      request.skip(1);
      request.ub();
      request.bytesWithLength();
      return [];
    case c.TNS_FUNC_SET_END_TO_END_ATTR:
      readEndToEnd(request);
      return [];
    default:
      throw new Error(`piggyback ${code} is not known here`);
  }
}

/** Module, action and the like: lengths first, texts behind them. */
function readEndToEnd(request: MessageReader): void {
  request.skip(2);
  request.ub(); // flags
  const length = (): number => {
    request.skip(1);
    return request.ub();
  };
  const lengths = [length(), length(), length(), length()];
  request.skip(1);
  request.ub();
  lengths.push(length());
  length();
  request.skip(1);
  request.ub();
  lengths.push(length());
  for (const size of lengths) if (size > 0) request.bytesWithLength();
}
