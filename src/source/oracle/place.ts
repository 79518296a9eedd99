const WORD = /[\p{L}\d_$#."]/u;

/** `line 3, column 12, near "FORM"`; the offset counts from 0. */
export function placeIn(sql: string, offset: number): string {
  const before = sql.slice(0, offset).split('\n');
  const word = wordAt(sql, offset);
  const near = word === null ? '' : `, near "${word.replaceAll('"', '')}"`;
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}${near}`;
}

/** The name around the offset, with its schema; null where there is none. */
export function wordAt(sql: string, offset: number): string | null {
  let start = offset;
  let end = offset;
  while (start > 0 && WORD.test(sql.charAt(start - 1))) start -= 1;
  while (end < sql.length && WORD.test(sql.charAt(end))) end += 1;
  return start === end ? null : sql.slice(start, end);
}
