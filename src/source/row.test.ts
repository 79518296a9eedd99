import { describe, expect, it } from 'vitest';
import type { OnceRule } from '../domain.ts';
import type { SourceRow } from './port.ts';
import { readRow } from './row.ts';

const NOW = new Date('2025-01-02T11:00:00Z');

function read(changes: Partial<SourceRow>, once: OnceRule = 'meter') {
  const row: SourceRow = {
    meterNumber: '12345678',
    nocsName: 'NOCS-1',
    triggeredAt: '2025-01-02 14:30:00',
    elapsedSeconds: null,
    customerId: null,
    balance: null,
    commandId: null,
    outcome: null,
    position: 2,
    ...changes,
  };
  return readRow(row, { timezone: 'Asia/Dhaka', now: NOW, once });
}

function command(changes: Partial<SourceRow>, once?: OnceRule) {
  const result = read(changes, once);
  if (!('command' in result)) throw new Error(`invalid: ${result.invalid}`);
  return result.command;
}

function reason(changes: Partial<SourceRow>, once?: OnceRule) {
  const result = read(changes, once);
  return 'invalid' in result ? result.invalid : undefined;
}

it('a full row becomes a command', () => {
  const row = {
    meterNumber: ' 00123 ',
    nocsName: ' NOCS-1 ',
    elapsedSeconds: ' 9000.25 ',
    customerId: ' CUST123 ',
    balance: ' -50.00 ',
    commandId: ' 77 ',
    outcome: ' Discarded ',
  };
  expect(command(row)).toEqual({
    meterNumber: '00123',
    nocsName: 'NOCS-1',
    commandId: '77',
    customerId: 'CUST123',
    balance: '-50.00',
    triggeredAt: Date.UTC(2025, 0, 2, 8, 30),
    ageMs: 9_000_250,
    outcome: 'discarded',
  });
});

it('what is blank is unknown', () => {
  const blank = {
    nocsName: ' ',
    customerId: '',
    balance: ' ',
    commandId: '\t',
    outcome: '',
    elapsedSeconds: ' ',
  };
  expect(command(blank)).toMatchObject({
    nocsName: null,
    customerId: null,
    balance: null,
    commandId: null,
    outcome: null,
    ageMs: 2.5 * 3_600_000,
  });
});

describe('the age', () => {
  it('is what the source says, else the time since the trigger', () => {
    expect(command({ elapsedSeconds: '60', triggeredAt: '2025-01-02 10:00' }).ageMs).toBe(60_000);
    expect(command({ elapsedSeconds: '1e-7' }).ageMs).toBe(0);
    expect(command({ triggeredAt: '2025-01-02T10:00:00Z' }).ageMs).toBe(3_600_000);
  });

  it('stands without a trigger time, or with an impossible one', () => {
    expect(command({ elapsedSeconds: '60', triggeredAt: null })).toMatchObject({
      triggeredAt: null,
      ageMs: 60_000,
    });
    expect(command({ elapsedSeconds: '60', triggeredAt: '2025-02-30 10:00' }).triggeredAt).toBeNull();
  });

  it('is taken from the trigger time where the seconds are nonsense', () => {
    expect(command({ elapsedSeconds: 'n/a' }).ageMs).toBe(2.5 * 3_600_000);
  });

  it('is 0 for clocks up to five minutes ahead', () => {
    expect(command({ triggeredAt: '2025-01-02T11:05:00Z' }).ageMs).toBe(0);
    expect(command({ elapsedSeconds: '-300' }).ageMs).toBe(0);
  });

  it.each<[string, Partial<SourceRow>, string]>([
    ['missing', { triggeredAt: null }, 'neither trigger time nor elapsed seconds are given'],
    [
      'impossible',
      { triggeredAt: '2025-02-30 10:00' },
      'trigger time "2025-02-30 10:00" is no possible date and time',
    ],
    ['not a number', { triggeredAt: null, elapsedSeconds: 'NaN' }, 'elapsed seconds "NaN" are no number'],
    [
      'infinite',
      { triggeredAt: null, elapsedSeconds: 'Infinity' },
      'elapsed seconds "Infinity" are no number',
    ],
    [
      'wrong twice',
      { triggeredAt: 'soon', elapsedSeconds: '0x10' },
      'trigger time "soon" is no possible date and time; elapsed seconds "0x10" are no number',
    ],
    [
      'ahead',
      { triggeredAt: '2025-01-02T11:05:01Z' },
      'trigger time lies in the future: "2025-01-02T11:05:01Z"',
    ],
    [
      'ahead by seconds',
      { elapsedSeconds: '-300.1' },
      'trigger time lies in the future: elapsed seconds "-300.1"',
    ],
    [
      'older than people',
      { triggeredAt: '1924-01-01 00:00' },
      'trigger time lies more than 100 years back: "1924-01-01 00:00"',
    ],
    [
      'without end',
      { elapsedSeconds: '1e999' },
      'trigger time lies more than 100 years back: elapsed seconds "1e999"',
    ],
  ])('that is %s makes the row invalid, and the reason shows it', (_name, changes, expected) => {
    expect(reason(changes)).toBe(expected);
  });

  it('that is a page of text is shown shortened, on one line', () => {
    expect(reason({ triggeredAt: `a\nb\u0000${'x'.repeat(5000)}` })).toBe(
      `trigger time "a b${'x'.repeat(36)}…" is no possible date and time`,
    );
  });
});

describe('ids', () => {
  it('lose what nobody sees, so that one meter is one meter', () => {
    const row = {
      meterNumber: '\ufeff12\u200b34\u0000\r\n',
      commandId: 'A\n\tB\u202e',
      customerId: '\u0007C1',
    };
    expect(command(row)).toMatchObject({ meterNumber: '1234', commandId: 'A B', customerId: 'C1' });
  });

  it.each([null, '', '  ', '\u200b\u0000'])('the meter number %j is empty', (meterNumber) => {
    expect(reason({ meterNumber })).toBe('meter number is empty');
  });

  it('that are too long make the row invalid, for a shortened key could be another one', () => {
    expect(command({ meterNumber: '1'.repeat(64), commandId: '2'.repeat(128) }).meterNumber).toHaveLength(64);
    expect(read({ meterNumber: '1'.repeat(65), commandId: '7' })).toEqual({
      invalid: `meter number "${'1'.repeat(39)}…" is longer than 64 characters`,
      meterNumber: null,
      commandId: '7',
    });
    expect(reason({ commandId: '2'.repeat(129) })).toMatch(
      /^command id "2+…" is longer than 128 characters$/,
    );
  });

  it('are told with an invalid row where they can be read', () => {
    expect(read({ triggeredAt: '', meterNumber: ' 5 ', commandId: ' 7 ' })).toMatchObject({
      meterNumber: '5',
      commandId: '7',
    });
  });

  it.each<OnceRule>(['command', 'status'])('once: %s needs a command id or a trigger time', (once) => {
    const row = { triggeredAt: null, elapsedSeconds: '60' };
    expect(reason(row, once)).toBe(
      `neither command id nor trigger time is given, and rules.once: ${once} needs one of them`,
    );
    expect(reason({ ...row, commandId: '7' }, once)).toBeUndefined();
    expect(reason({ ...row, triggeredAt: '2025-01-02 14:30' }, once)).toBeUndefined();
    expect(reason(row, 'meter')).toBeUndefined();
  });
});

describe('names', () => {
  it('keep their spelling, Bengali joiners included', () => {
    expect(command({ nocsName: 'র‍্যাংকিন  স্ট্রিট\u0000\n' }).nocsName).toBe('র‍্যাংকিন স্ট্রিট');
  });

  it('are cut to a sane length and never within a character', () => {
    const { nocsName, customerId } = command({ nocsName: '🚨'.repeat(500), customerId: 'c'.repeat(500) });
    expect(nocsName).toBe(`${'🚨'.repeat(99)}…`);
    expect(customerId).toBe(`${'c'.repeat(127)}…`);
  });

  it('with half a character in them are mended', () => {
    expect(command({ nocsName: 'A\ud83dB' }).nocsName).toBe('A\ufffdB');
  });
});

describe('the balance', () => {
  it.each([
    ['-50', '-50'],
    ['1234.5', '1234.5'],
    ['-.05', '-0.05'],
    ['+5', '5'],
    ['5.', '5'],
    ['007.50', '7.50'],
    ['-0.00', '0.00'],
    [' 1,234,567.89 ', '1234567.89'],
    ['1,23,456.78', '123456.78'],
    ['-1,234', '-1234'],
    ['1234567890123456789.10', '1234567890123456789.10'],
  ])('%j is exactly %j', (balance, expected) => {
    expect(command({ balance }).balance).toBe(expected);
  });

  it.each([
    'abc',
    '1e3',
    '1,2',
    '1,2345',
    '12,34',
    '1.2.3',
    '.',
    '-',
    '--5',
    '৳5',
    '5-',
    'NaN',
    '9'.repeat(61),
  ])('%j is unknown, and the row still counts', (balance) => {
    expect(command({ balance }).balance).toBeNull();
  });
});

it.each([
  ['COMPLETED', 'completed'],
  ['discarded', 'discarded'],
  ['in progress', null],
])('the outcome %j is read as %j', (outcome, expected) => {
  expect(command({ outcome }).outcome).toBe(expected);
});

it('a row the source could not make sense of is invalid for that reason', () => {
  expect(read({ defect: 'has 3 fields instead of 9' })).toEqual({
    invalid: 'has 3 fields instead of 9',
    meterNumber: '12345678',
    commandId: null,
  });
});
