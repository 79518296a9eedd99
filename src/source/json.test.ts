import { describe, expect, it } from 'vitest';
import { type ReadResult, readFile } from '../../test/support/read-source.ts';

const RECORD = '{"METER_NUMBER":"1","NOCS_NAME":"a","TRIGGERED_AT":"x"}';
const record = (meter: string) => RECORD.replace('"1"', meter);
const meters = (result: ReadResult) => result.rows.map((row) => row.meterNumber);
const told = (result: ReadResult) => result.rows.map(({ position, defect }) => [position, defect]);

/** The same records as a file of one object a line, and as an array. */
const FORMATS = [
  { name: 'rc.ndjson', positionName: 'line', of: (records: string[]) => `${records.join('\n')}\n` },
  { name: 'rc.json', positionName: 'row', of: (records: string[]) => `[${records.join(',')}]` },
];

describe.each(FORMATS)('$name', ({ name, positionName, of }) => {
  it('is read by its keys in any case, with nulls and missing keys', async () => {
    const result = await readFile(
      `${name}`,
      of([
        '{"meter_number":"007","Nocs_Name":"ঢাকা \\"A\\" [}","ELAPSED_SECONDS":60,"note":true}',
        '{"METER_NUMBER":"8","BALANCE":null}',
      ]),
    );
    expect(result.error).toBeUndefined();
    expect(result.positionName).toBe(positionName);
    expect([...result.fields].sort()).toEqual(['balance', 'elapsedSeconds', 'meterNumber', 'nocsName']);
    expect(result.rows).toEqual([
      {
        meterNumber: '007',
        nocsName: 'ঢাকা "A" [}',
        triggeredAt: null,
        elapsedSeconds: '60',
        customerId: null,
        balance: null,
        commandId: null,
        outcome: null,
        position: 1,
      },
      expect.objectContaining({ meterNumber: '8', balance: null, position: 2 }),
    ]);
  });

  it('keeps every digit of its numbers', async () => {
    const texts = ['1234567890123456789.10', '-0.50', '0', '1e3', '-12.5E-2', '100.00'];
    const { rows } = await readFile(
      name,
      of(
        texts.map(
          (text) =>
            `{"METER_NUMBER":${text}, "NOCS_NAME":"7, 8: -9\\\\","TRIGGERED_AT":"","BALANCE": ${text} }`,
        ),
      ),
    );
    expect(rows.map((row) => [row.meterNumber, row.balance])).toEqual(texts.map((text) => [text, text]));
    expect(rows[0]?.nocsName).toBe('7, 8: -9\\');
  });

  it('tells which records can not be used, and reads the others', async () => {
    const result = await readFile(
      name,
      of([
        RECORD,
        '5',
        '[1]',
        'null',
        '{"METER_NUMBER":tru}',
        '{"a":"b\\5"}',
        record('true'),
        record('{"x":1}'),
        '{"METER_NUMBER":"9","meter_number":"10"}',
        record('2'),
      ]),
    );
    expect(result.error).toBeUndefined();
    expect(told(result)).toEqual([
      [1, undefined],
      [2, 'is not a JSON object: "5"'],
      [3, 'is not a JSON object: "[1]"'],
      [4, 'is not a JSON object: "null"'],
      [5, 'is not valid JSON: "{"METER_NUMBER":tru}"'],
      [6, 'is not valid JSON: "{"a":"b\\5"}"'],
      [7, 'has neither text nor number in "METER_NUMBER"'],
      [8, 'has neither text nor number in "METER_NUMBER"'],
      [9, 'has "meter_number" more than once'],
      [10, undefined],
    ]);
  });

  it('that never has a needed key is refused, after its rows', async () => {
    const result = await readFile(name, of(['{"METER_NUMBER":"1","OFFICE":"a"}', '{"ELAPSED_SECONDS":1}']));
    expect(meters(result)).toEqual(['1', null]);
    expect(result.error).toMatchObject({
      code: 'ERR_RC_SOURCE_COLUMNS',
      exitCode: 65,
      message: expect.stringContaining(
        'lacks NOCS_NAME; it has the columns "METER_NUMBER", "OFFICE", "ELAPSED_SECONDS".',
      ),
    });
  });

  it('with a record of more than 1 MiB is refused, after the rows before it', async () => {
    for (const long of [`{"NOTE":"${'x'.repeat(1_100_000)}"}`, `{"NOTE":"${'\\\\'.repeat(3_000_000)}`]) {
      const result = await readFile(name, of([RECORD, long, RECORD]));
      expect(meters(result)).toEqual(['1']);
      expect(result.error).toMatchObject({
        code: 'ERR_RC_SOURCE_LINE_TOO_LONG',
        exitCode: 65,
        message: expect.stringContaining(
          `${positionName === 'row' ? 'record' : 'line'} 2 is longer than 1 MiB`,
        ),
      });
    }
  });

  it('with a record of almost 1 MiB is read', async () => {
    const note = '9\\"'.repeat(340_000);
    const { rows } = await readFile(name, of([RECORD.replace('"a"', `"${note}"`)]));
    expect(rows[0]?.nocsName).toHaveLength(680_000);
  });
});

describe('one object a line', () => {
  it('may have a byte order mark, CRLF, blank lines and no newline at its end', async () => {
    const result = await readFile('rc.JSONL', `\ufeff${RECORD}\r\n\r\n  \n${record('"2"')}`);
    expect(result.error).toBeUndefined();
    expect(result.rows.map((row) => [row.meterNumber, row.position])).toEqual([
      ['1', 1],
      ['2', 4],
    ]);
  });

  it('is cut off where its last line does not end and does not parse', async () => {
    const result = await readFile('rc.ndjson', `${RECORD}\n${RECORD.slice(0, 30)}`);
    expect(meters(result)).toEqual(['1']);
    expect(result.error).toMatchObject({
      code: 'ERR_RC_SOURCE_CUT_OFF',
      exitCode: 65,
      message: expect.stringContaining('ends in the middle of line 2; nothing was cleared'),
    });
  });

  it('is not cut off where the broken last line ends with a newline', async () => {
    const result = await readFile('rc.ndjson', `${RECORD}\n${RECORD.slice(0, 30)}\n`);
    expect(result.error).toBeUndefined();
    expect(told(result)).toEqual([
      [1, undefined],
      [2, expect.stringContaining('is not valid JSON')],
    ]);
  });
});

describe('an array', () => {
  it('may be empty, or written over many lines', async () => {
    const empty = await readFile('rc.json', '[ \n ]\n');
    expect([empty.rows, empty.error]).toEqual([[], undefined]);
    const pretty = JSON.stringify([JSON.parse(RECORD), JSON.parse(record('"2"'))], null, 2);
    expect(meters(await readFile('rc.json', `\ufeff \n${pretty}\n`))).toEqual(['1', '2']);
  });

  it.each([
    ['before its first record', '[', 'its array', 0],
    ['after a record', `[${RECORD} `, 'its array', 1],
    ['after a comma', `[${RECORD},\n`, 'its array', 1],
    ['in a record', `[${RECORD},${RECORD.slice(0, 30)}`, 'record 2', 1],
    ['in a string with a bracket', `[${RECORD},{"METER_NUMBER":"2]`, 'record 2', 1],
  ])('that ends %s is cut off', async (_name, content, where, rows) => {
    const result = await readFile('rc.json', content);
    expect(result.rows).toHaveLength(rows);
    expect(result.error).toMatchObject({
      code: 'ERR_RC_SOURCE_CUT_OFF',
      exitCode: 65,
      message: expect.stringContaining(`ends in the middle of ${where}; nothing was cleared`),
    });
  });

  it.each([
    ['that is an object', `{"rows":[${RECORD}]}`, 'there is no JSON array', 0],
    ['followed by more', `[${RECORD}]\n[]`, 'there is more after the closing bracket of the array', 1],
  ])('%s is damaged', async (_name, content, what, rows) => {
    const result = await readFile('rc.json', content);
    expect(result.rows).toHaveLength(rows);
    expect(result.error).toMatchObject({
      code: 'ERR_RC_SOURCE_DAMAGED',
      exitCode: 65,
      message: expect.stringContaining(what),
    });
  });
});
