import type { MessageWriter } from './buffers.ts';
import * as c from './constants.ts';
import {
  encodeDate,
  encodeNumber,
  encodeTimestamp,
  encodeTimestampLtz,
  encodeTimestampTz,
} from './encode.ts';
import type { Release } from './release.ts';
import type { Column, Row, Value } from './types.ts';

interface Kind {
  dataType: number;
  size: number;
  scale: number;
  encode: (text: string) => Buffer;
}

const KINDS: Record<Exclude<Column['type'], 'VARCHAR2' | 'CHAR'>, Kind> = {
  NUMBER: { dataType: c.TNS_DATA_TYPE_NUMBER, size: 22, scale: -127, encode: encodeNumber },
  DATE: { dataType: c.TNS_DATA_TYPE_DATE, size: 7, scale: 0, encode: encodeDate },
  TIMESTAMP: { dataType: c.TNS_DATA_TYPE_TIMESTAMP, size: 11, scale: 6, encode: encodeTimestamp },
  'TIMESTAMP WITH TIME ZONE': {
    dataType: c.TNS_DATA_TYPE_TIMESTAMP_TZ,
    size: 13,
    scale: 6,
    encode: encodeTimestampTz,
  },
  'TIMESTAMP WITH LOCAL TIME ZONE': {
    dataType: c.TNS_DATA_TYPE_TIMESTAMP_LTZ,
    size: 11,
    scale: 6,
    encode: encodeTimestampLtz,
  },
};

const DEFAULT_SIZE = { VARCHAR2: 4000, CHAR: 1 };

/** The describe message: what the client learns of the columns before the first row. */
export function writeDescribe(out: MessageWriter, columns: readonly Column[], { is23ai }: Release): void {
  out.uint8(c.TNS_MSG_TYPE_DESCRIBE_INFO).text('').ub(0).ub(columns.length);
  if (columns.length > 0) out.uint8(0);
  columns.forEach((column, position) => {
    writeColumn(out, column, position + 1);
    if (is23ai) out.ub(0, 0, 0, 0).uint8(0, 0); // domain, annotations, vector
  });
  out.ub(0).ub(0, 0, 0, 0).ub(0);
}

function writeColumn(out: MessageWriter, column: Column, position: number): void {
  const { name, type } = column;
  const text = type === 'VARCHAR2' || type === 'CHAR';
  const dataType = text ? textType(type) : KINDS[type].dataType;
  const size = text ? (column.size ?? DEFAULT_SIZE[type]) : KINDS[type].size;
  const scale = column.scale ?? (text ? 0 : KINDS[type].scale);
  out.uint8(dataType, 0, column.precision ?? 0, scale & 0xff).ub(size);
  out.ub(0).ub(0).ub(0).ub(0); // array elements, flags, OID, version
  out.ub(text ? c.TNS_CHARSET_UTF8 : 0).uint8(text ? c.CSFRM_IMPLICIT : 0);
  out
    .ub(text ? size : 0)
    .ub(0)
    .uint8(1, Buffer.byteLength(name)); // characters, oaccolid, nullable
  out.sizedText(name).sizedText('').sizedText('').ub(position).ub(0);
}

function textType(type: 'VARCHAR2' | 'CHAR'): number {
  return type === 'CHAR' ? c.TNS_DATA_TYPE_CHAR : c.TNS_DATA_TYPE_VARCHAR;
}

function writeValue(out: MessageWriter, column: Column, value: Value): void {
  if (value === null || value === '') out.uint8(0);
  else if (column.type === 'VARCHAR2') out.text(String(value));
  else if (column.type === 'CHAR') out.text(padded(String(value), column.size ?? DEFAULT_SIZE.CHAR));
  else out.bytesWithLength(KINDS[column.type].encode(String(value)));
}

function padded(text: string, bytes: number): string {
  return text + ' '.repeat(Math.max(0, bytes - Buffer.byteLength(text)));
}

/** Which columns differ from the row before, a bit each; undefined if all of them do. */
export function changedColumns(row: Row, before: Row | undefined): Buffer | undefined {
  if (!before) return undefined;
  let bits: Buffer | undefined;
  row.forEach((value, column) => {
    if (value !== before[column]) return;
    bits ??= Buffer.alloc(Math.ceil(row.length / 8), 0xff);
    bits[column >> 3] = (bits[column >> 3] ?? 0) & ~(1 << (column & 7));
  });
  return bits;
}

/** The row header; `changed` speaks of the first row behind it. */
export function writeRowHeader(out: MessageWriter, rows: number, changed: Buffer | undefined): void {
  out.uint8(c.TNS_MSG_TYPE_ROW_HEADER, 0).ub(0, 0, rows, 0);
  out.ub(changed?.length ?? 0);
  if (changed) out.bytesWithLength(changed);
  out.ub(0);
}

export function writeBitVector(out: MessageWriter, columns: number, changed: Buffer): void {
  let sent = 0;
  for (let column = 0; column < columns; column++) if (isChanged(changed, column)) sent++;
  out.uint8(c.TNS_MSG_TYPE_BIT_VECTOR).ub(sent).bytes(changed);
}

export function writeRow(
  out: MessageWriter,
  columns: readonly Column[],
  row: Row,
  changed: Buffer | undefined,
): void {
  out.uint8(c.TNS_MSG_TYPE_ROW_DATA);
  columns.forEach((column, index) => {
    if (!changed || isChanged(changed, index)) writeValue(out, column, row[index] ?? null);
  });
}

function isChanged(changed: Buffer, column: number): boolean {
  return ((changed[column >> 3] ?? 0) & (1 << (column & 7))) !== 0;
}
