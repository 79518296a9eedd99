import { describe, expect, it } from 'vitest';
import { readFile } from '../../test/support/read-source.ts';

const HEADER = 'METER_NUMBER,NOCS_NAME,TRIGGERED_AT,BALANCE';
const csv = (content: string, columns = {}) => readFile('rc.csv', content, columns);
const meters = (result: Awaited<ReturnType<typeof csv>>) => result.rows.map((row) => row.meterNumber);

describe('what is read', () => {
  it('rows by the names of their columns, as text, with their lines', async () => {
    const { rows, fields, positionName, error } = await csv(
      `${HEADER}\n007, NOCS-1 ,2025-01-02 14:30,-50.00\n8,,,\n`,
    );
    expect(error).toBeUndefined();
    expect(positionName).toBe('line');
    expect([...fields].sort()).toEqual(['balance', 'meterNumber', 'nocsName', 'triggeredAt']);
    expect(rows).toEqual([
      {
        meterNumber: '007',
        nocsName: ' NOCS-1 ',
        triggeredAt: '2025-01-02 14:30',
        elapsedSeconds: null,
        customerId: null,
        balance: '-50.00',
        commandId: null,
        outcome: null,
        position: 2,
      },
      expect.objectContaining({ meterNumber: '8', nocsName: '', balance: '', position: 3 }),
    ]);
  });

  it('with a byte order mark, CRLF, quotes, newlines in quotes, blank lines', async () => {
    const { rows, error } = await csv(
      `\ufeff\r\n"METER_NUMBER",NOCS_NAME,TRIGGERED_AT\r\n1,"NOCS ""A"",\r\nDhaka",x\r\n\r\n2,b,y\r\n`,
    );
    expect(error).toBeUndefined();
    expect(rows).toMatchObject([
      { meterNumber: '1', nocsName: 'NOCS "A",\r\nDhaka', triggeredAt: 'x', position: 3 },
      { meterNumber: '2', nocsName: 'b', position: 6 },
    ]);
    expect(rows.every((row) => row.defect === undefined)).toBe(true);
  });

  it('with lines that end now one way, now another, or like an old Macintosh', async () => {
    expect(meters(await csv(`${HEADER}\r\n1,a,x,\n2,b,y,\r\n3,c,z,`))).toEqual(['1', '2', '3']);
    expect(meters(await csv(`${HEADER}\r1,a,x,\r2,b,y,\r`))).toEqual(['1', '2']);
  });

  it('with semicolons, whatever is in quotes', async () => {
    const { rows } = await csv('METER_NUMBER;"A,B,C,D";NOCS_NAME;ELAPSED_SECONDS\n1;x;"a;b";60,5\n');
    expect(rows).toMatchObject([{ meterNumber: '1', nocsName: 'a;b', elapsedSeconds: '60,5' }]);
  });

  it('with names in any case, and mapped ones', async () => {
    const { rows } = await csv('nocs_name , Meter no,Elapsed_Seconds,METER_NUMBER\na,1,60,other\n', {
      meterNumber: ' METER NO',
    });
    expect(rows).toMatchObject([{ meterNumber: '1', nocsName: 'a', elapsedSeconds: '60' }]);
  });

  it('with bytes that are no UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from(`${HEADER}\n1,a`), Buffer.from([0xff]), Buffer.from('b,x,\n')]);
    const { rows } = await readFile('rc.csv', bytes);
    expect(rows).toMatchObject([{ nocsName: 'a\ufffdb' }]);
  });

  it('a header alone, which is no command at all', async () => {
    for (const content of [HEADER, `${HEADER}\n`]) {
      const { rows, fields, error } = await csv(content);
      expect([rows.length, fields.size, error]).toEqual([0, 4, undefined]);
    }
  });
});

describe('rows that can not be used do not stop the others', () => {
  it('with too few or too many fields', async () => {
    const { rows, error } = await csv(`${HEADER}\n1,a\n2,b,x,,,\n3,c,x,\n4,d\n`);
    expect(error).toBeUndefined();
    expect(rows.map(({ meterNumber, position, defect }) => [meterNumber, position, defect])).toEqual([
      ['1', 2, 'has 2 fields instead of 4'],
      ['2', 3, 'has 6 fields instead of 4'],
      ['3', 4, undefined],
      ['4', 5, 'has 2 fields instead of 4'],
    ]);
  });

  it('with a quote inside a field, which is taken as it is', async () => {
    const { rows } = await csv(`${HEADER}\n1,NOCS "A",x,\n2,"NOCS "B"",x,\n`);
    expect(rows).toMatchObject([{ nocsName: 'NOCS "A"' }, { meterNumber: '2' }]);
    expect(rows.every((row) => row.defect === undefined)).toBe(true);
  });

  it('with a quote that swallows the next line, and says so', async () => {
    const { rows } = await csv(`${HEADER}\n1,a,x,"5\n2,b,x,"6\n3,c,x,7\n4,d,"x\n5,e,"x,8\n6,f,x,9\n`);
    expect(rows.map(({ meterNumber, defect }) => [meterNumber, defect])).toEqual([
      ['1', 'has a misplaced quote and ends in line 3'],
      ['3', undefined],
      ['4', 'has a misplaced quote and ends in line 6'],
      ['6', undefined],
    ]);
  });
});

describe('what is refused with 65, after the rows before it', () => {
  it.each([
    ['a last row cut off', '1,a,x,\n2,b', 'line 3'],
    ['a last row cut off in its first field', '1,a,x,\n2', 'line 3'],
    ['a quote that is not closed', '1,a,x,\n2,"b,x,\n3,c,x,\n', 'line 3, whose quote is not closed'],
  ])('%s', async (_name, lines, where) => {
    const result = await csv(`${HEADER}\n${lines}`);
    expect(meters(result)).toEqual(['1']);
    expect(result.error).toMatchObject({ code: 'ERR_RC_SOURCE_CUT_OFF', exitCode: 65 });
    expect(String(result.error)).toMatch(
      new RegExp(`file .*rc\\.csv, ends in the middle of ${where}; nothing was cleared\\.$`),
    );
  });

  it('a header without the columns needed', async () => {
    const { error } = await csv('METER_NO,CUSTOMER\n1,a\n', { nocsName: 'OFFICE' });
    expect(error).toMatchObject({
      code: 'ERR_RC_SOURCE_COLUMNS',
      exitCode: 65,
      message: expect.stringContaining(
        'lacks METER_NUMBER, OFFICE, TRIGGERED_AT or ELAPSED_SECONDS; it has the columns "METER_NO", "CUSTOMER".',
      ),
      hint: expect.stringContaining('source.columns'),
    });
  });

  it('a column that is there twice, unless nobody reads it', async () => {
    const twice = await csv(`${HEADER},balance,NOTE,NOTE\n1,a,x,5,6,,\n`);
    expect(twice.error).toMatchObject({
      code: 'ERR_RC_SOURCE_COLUMNS',
      message: expect.stringContaining('has the column "balance" more than once'),
    });
    expect((await csv(`${HEADER},NOTE,NOTE\n1,a,x,5,,\n`)).error).toBeUndefined();
  });

  it.each([
    ['letters', `1,a,x,\n2,${'b'.repeat(1_100_000)}`],
    ['letters in quotes', `1,a,x,\n2,"${'b'.repeat(1_100_000)}"`],
    ['delimiters', `1,a,x,\n${','.repeat(1_300_000)}`],
  ])('a line of more than 1 MiB of %s', async (_name, lines) => {
    const result = await csv(`${HEADER}\n${lines}\n3,c,x,\n`);
    expect(meters(result)).toEqual(['1']);
    expect(result.error).toMatchObject({
      code: 'ERR_RC_SOURCE_LINE_TOO_LONG',
      exitCode: 65,
      message: expect.stringContaining('line 3 is longer than 1 MiB'),
    });
  });

  it('a header line of more than 1 MiB', async () => {
    const { error } = await csv('x'.repeat(1_300_000));
    expect(error).toMatchObject({
      code: 'ERR_RC_SOURCE_LINE_TOO_LONG',
      message: expect.stringContaining('line 1 '),
    });
  });
});
