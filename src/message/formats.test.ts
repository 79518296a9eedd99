import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatGenerated, formatMoney, formatTriggered } from './formats.ts';

describe('durations', () => {
  it.each([
    [60, '1h 0m'],
    [150, '2h 30m'],
    [1565, '26h 5m'],
    [59, '0h 59m'],
  ])('%i minutes are %s', (minutes, text) => expect(formatDuration(minutes)).toBe(text));
});

describe('times', () => {
  const at = (iso: string): number => Date.parse(iso);

  it('are shown by the wall clock of the zone', () => {
    expect(formatTriggered(at('2025-01-02T08:30:00Z'), 'Asia/Dhaka')).toBe('02-01-2025 14:30:00');
    expect(formatTriggered(at('2025-01-02T20:00:09Z'), 'Asia/Dhaka')).toBe('03-01-2025 02:00:09');
    expect(formatTriggered(at('2025-07-02T12:00:00Z'), 'Europe/Berlin')).toBe('02-07-2025 14:00:00');
  });

  it.each([
    ['2025-01-02T17:00:00Z', '2 Jan 2025, 5:00 PM'],
    ['2025-12-31T00:05:00Z', '31 Dec 2025, 12:05 AM'],
    ['2025-06-15T12:00:00Z', '15 Jun 2025, 12:00 PM'],
    ['2025-06-15T11:59:59Z', '15 Jun 2025, 11:59 AM'],
  ])('%s was generated at %s', (iso, text) => expect(formatGenerated(at(iso), 'UTC')).toBe(text));
});

describe('money', () => {
  it.each([
    ['1234.56', '৳1,234.56'],
    ['-50.00', '-৳50.00'],
    ['-50', '-৳50.00'],
    ['+7.5', '৳7.50'],
    ['.5', '৳0.50'],
    ['5.', '৳5.00'],
    ['0', '৳0.00'],
    ['-0.001', '৳0.00'],
    ['-0.005', '-৳0.01'],
    ['0.005', '৳0.01'],
    ['0.00499999999999999999', '৳0.00'],
    ['1.005', '৳1.01'],
    ['999.995', '৳1,000.00'],
    ['007', '৳7.00'],
    [' 100 ', '৳100.00'],
    ['1234567.89', '৳1,234,567.89'],
    ['9007199254740993.01', '৳9,007,199,254,740,993.01'],
  ])('%s is %s', (decimal, text) => expect(formatMoney(decimal, '৳', 'western')).toBe(text));

  it.each([
    ['999', '৳999.00'],
    ['1000', '৳1,000.00'],
    ['100000', '৳1,00,000.00'],
    ['-1234567.89', '-৳12,34,567.89'],
    ['123456789', '৳12,34,56,789.00'],
  ])('%s in Indian grouping is %s', (decimal, text) =>
    expect(formatMoney(decimal, '৳', 'indian')).toBe(text),
  );

  it.each(['', '-', '.', '1e5', '1,234', 'NaN', '0x10', '1.2.3', '৫', '1'.repeat(31)])(
    'is not made of %j',
    (text) => expect(formatMoney(text, '৳', 'western')).toBeNull(),
  );

  it('is exact for every amount in cents, in both groupings', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (cents) => {
        const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
        const decimal = `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
        for (const grouping of ['western', 'indian'] as const)
          expect(formatMoney(decimal, '', grouping)?.replaceAll(',', '')).toBe(decimal);
      }),
    );
  });
});
