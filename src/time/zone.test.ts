import { afterEach, describe, expect, it } from 'vitest';
import { isTimeZone, parseInstant, wallClock } from './zone.ts';

const iso = (text: string, zone = 'Asia/Dhaka') => {
  const ms = parseInstant(text, zone);
  return ms === null ? null : new Date(ms).toISOString();
};

const processZone = process.env.TZ;
afterEach(() => {
  if (processZone === undefined) delete process.env.TZ;
  else process.env.TZ = processZone;
});

describe('a time as text', () => {
  it.each([
    ['2025-01-02 14:30', '2025-01-02T08:30:00.000Z'],
    ['2025-01-02T14:30:05', '2025-01-02T08:30:05.000Z'],
    [' 2025-01-02 14:30:05.25 ', '2025-01-02T08:30:05.250Z'],
    ['2025-01-02 14:30:05.123456789', '2025-01-02T08:30:05.123Z'],
    ['2024-02-29 00:00:00', '2024-02-28T18:00:00.000Z'],
  ])('without a zone is the wall clock of the zone given: %s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  it.each([
    ['2025-01-02T14:30:00Z', '2025-01-02T14:30:00.000Z'],
    ['2025-01-02 14:30:00 z', '2025-01-02T14:30:00.000Z'],
    ['2025-01-02T14:30+05:30', '2025-01-02T09:00:00.000Z'],
    ['2025-01-02 14:30:00.5 -0330', '2025-01-02T18:00:00.500Z'],
    ['2025-01-02 14:30:00  +06', '2025-01-02T08:30:00.000Z'],
  ])('with a zone at its end means that zone: %s', (text, expected) => {
    expect(iso(text, 'America/New_York')).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2025-02-30 10:00',
    '2025-02-29 10:00',
    '2025-13-01 10:00',
    '2025-00-10 10:00',
    '2025-01-00 10:00',
    '2025-01-02 25:00',
    '2025-01-02 24:00',
    '2025-01-02 10:60',
    '2025-01-02 10:00:60',
    '2025-01-02',
    '02-01-2025 14:30',
    '2025-01-02 10:00 +24:00',
    '2025-01-02 10:00 +06:60',
    '2025-01-02 10:00 Dhaka',
    '0001-01-01 00:00:00',
  ])('that is impossible or of another form is null: %j', (text) => {
    expect(iso(text)).toBeNull();
  });
});

describe('clocks that are set forward or back', () => {
  it.each([
    // Shown once, before and after.
    ['America/New_York', '2025-03-09 01:59:59', '2025-03-09T06:59:59.000Z'],
    ['America/New_York', '2025-03-09 03:00:00', '2025-03-09T07:00:00.000Z'],
    // Skipped: moved on by the gap.
    ['America/New_York', '2025-03-09 02:30:00', '2025-03-09T07:30:00.000Z'],
    ['Europe/Berlin', '2025-03-30 02:00:00', '2025-03-30T01:00:00.000Z'],
    ['Australia/Lord_Howe', '2025-10-05 02:15:00', '2025-10-04T15:45:00.000Z'],
    ['Asia/Dhaka', '2009-06-19 23:30:00', '2009-06-19T17:30:00.000Z'],
    ['Pacific/Apia', '2011-12-30 12:00:00', '2011-12-30T22:00:00.000Z'],
    // Shown twice: the earlier instant.
    ['America/New_York', '2025-11-02 01:30:00', '2025-11-02T05:30:00.000Z'],
    ['America/New_York', '2025-11-02 02:00:00', '2025-11-02T07:00:00.000Z'],
    ['Europe/Berlin', '2025-10-26 02:59:59', '2025-10-26T00:59:59.000Z'],
    ['Europe/Berlin', '2025-10-26 03:00:00', '2025-10-26T02:00:00.000Z'],
    ['Australia/Lord_Howe', '2025-04-06 01:45:00', '2025-04-05T14:45:00.000Z'],
    ['Asia/Dhaka', '2009-12-31 23:30:00', '2009-12-31T16:30:00.000Z'],
    // Dhaka's summer of 2009, and the winters around it.
    ['Asia/Dhaka', '2009-06-19 22:59:59', '2009-06-19T16:59:59.000Z'],
    ['Asia/Dhaka', '2009-08-01 12:00:00', '2009-08-01T05:00:00.000Z'],
    ['Asia/Dhaka', '2010-01-01 00:00:00', '2009-12-31T18:00:00.000Z'],
  ])('%s %s', (zone, text, expected) => {
    expect(iso(text, zone)).toBe(expected);
  });

  it('read back as they were written, every 20 minutes of three years', () => {
    const pad = (value: number) => String(value).padStart(2, '0');
    for (const zone of ['Asia/Dhaka', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe']) {
      const reference = new Intl.DateTimeFormat('sv-SE', {
        timeZone: zone,
        dateStyle: 'short',
        timeStyle: 'medium',
      });
      let differing = 0;
      for (let ms = Date.UTC(2008, 11, 30); ms < Date.UTC(2011, 0, 2); ms += 20 * 60_000) {
        const { year, month, day, hour, minute, second } = wallClock(ms, zone);
        const shown = `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}:${pad(second)}`;
        const back = parseInstant(shown, zone) ?? Number.NaN;
        // An hour shown twice reads back as the first.
        const same = back === ms || (back < ms && ms - back <= 3_600_000 && reference.format(back) === shown);
        if (shown !== reference.format(ms) || !same) differing += 1;
      }
      expect(differing, zone).toBe(0);
    }
  });
});

it('the zone of the process changes nothing', () => {
  const offsets = new Set<number>();
  for (const zone of ['UTC', 'America/New_York', 'Asia/Dhaka', 'Australia/Lord_Howe']) {
    process.env.TZ = zone;
    offsets.add(new Date(2025, 0, 1).getTimezoneOffset());
    expect(iso('2025-03-30 02:30', 'Europe/Berlin')).toBe('2025-03-30T01:30:00.000Z');
    expect(iso('2025-03-09 02:30')).toBe('2025-03-08T20:30:00.000Z');
    expect(wallClock(Date.UTC(2025, 2, 9, 7, 30), 'America/New_York')).toEqual({
      year: 2025,
      month: 3,
      day: 9,
      hour: 3,
      minute: 30,
      second: 0,
    });
  }
  expect(offsets.size, 'the process did change its zone').toBe(4);
});

it('names of zones are told from other text', () => {
  expect(['Asia/Dhaka', 'UTC', 'europe/berlin'].map(isTimeZone)).toEqual([true, true, true]);
  expect(['', 'Dhaka', 'Asia/Dacca2', '+06:00', 'BST6BDT'].map(isTimeZone)).toEqual(Array(5).fill(false));
});
