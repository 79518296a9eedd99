import { describe, expect, test } from 'vitest';
import type { RcCommand } from '../domain.ts';
import type { NotificationRow } from '../ledger/port.ts';
import { type Ended, isWithin, notListed, planClearing, type Sightings } from './clearing.ts';
import { DAY, HOUR, START } from './testing.ts';

const NOW = new Date(START);
const ago = (ms: number): string => new Date(NOW.getTime() - ms).toISOString();

function row(id: number, values: Partial<NotificationRow> = {}): NotificationRow {
  const known = { id, meter_number: String(id), command_id: `C${id}`, duration_minutes: 120 };
  const state = { send_status: 'sent', next_attempt_at: null, cleared_at: null };
  const times = { triggered_at: ago(3 * HOUR), created_at: ago(HOUR), updated_at: ago(HOUR) };
  return { ...known, ...state, ...times, ...values } as NotificationRow;
}

function seen(meterNumber: string, commandId: string): RcCommand {
  const rest = {
    nocsName: null,
    customerId: null,
    balance: null,
    triggeredAt: null,
    ageMs: HOUR,
    outcome: null,
  };
  return { meterNumber, commandId, ...rest };
}

function sightings(inProgress: readonly RcCommand[] = [], invalid: Partial<Sightings> = {}): Sightings {
  return {
    told: { has: () => false },
    inProgress: new Map(inProgress.map((command) => [command.meterNumber, [command]])),
    finished: new Map(),
    invalidMeters: new Set(),
    invalidCommands: new Set(),
    ...invalid,
  };
}

describe('what is no longer in progress', () => {
  const gone = (
    rows: readonly NotificationRow[],
    read: Sightings,
    once: 'meter' | 'command' = 'meter',
    lookback: number | null = null,
  ): number[] =>
    notListed(rows, read, once)
      .filter((row) => isWithin(row, lookback, NOW))
      .map(({ id }) => id);

  test('a meter that is not listed any more', () => {
    expect(gone([row(1), row(2)], sightings([seen('1', 'C1')]))).toEqual([2]);
  });

  test('under once: meter, not while another command of the meter is listed', () => {
    expect(gone([row(1)], sightings([seen('1', 'C9')]), 'meter')).toEqual([]);
    expect(gone([row(1)], sightings([seen('1', 'C9')]), 'command')).toEqual([1]);
  });

  test('not a meter, or a command, whose row was invalid this time', () => {
    expect(gone([row(1)], sightings([], { invalidMeters: new Set(['1']) }))).toEqual([]);
    expect(gone([row(1)], sightings([], { invalidCommands: new Set(['C1']) }))).toEqual([]);
  });

  test('not a command older than the look-back, which the source does not list any more', () => {
    const ages = [8 * DAY, 8 * DAY + 1];
    const rows = ages.map((age, index) => row(index, { triggered_at: ago(age) }));
    expect(gone(rows, sightings(), 'meter', 8 * DAY)).toEqual([0]);
  });

  test('without a trigger time its age goes on from what was last read', () => {
    const times = { triggered_at: null, created_at: ago(7 * DAY), updated_at: ago(7 * DAY) };
    const rows = [
      row(1, { ...times, duration_minutes: 24 * 60 }),
      row(2, { ...times, duration_minutes: 24 * 60 + 1 }),
    ];
    expect(gone(rows, sightings(), 'meter', 8 * DAY)).toEqual([1]);
  });
});

describe('many that vanish at once', () => {
  const ended = (count: number, outcome: Ended['outcome'] = null): Ended[] =>
    Array.from({ length: count }, (_, index) => ({ row: row(index), outcome }));

  test.each([
    [9, 9, 9],
    [10, 5, 5],
    [10, 6, 0],
    [11, 5, 5],
    [11, 6, 0],
    [40, 40, 0],
  ])('of %i open ones %i vanish: %i are cleared', (open, vanished, cleared) => {
    const plan = planClearing(ended(vanished), open, new Set());
    expect(plan.clear).toHaveLength(cleared);
    expect(plan.heldBack).toHaveLength(vanished - cleared);
  });

  test('are cleared when a second read confirms it', () => {
    const first = planClearing(ended(8), 10, new Set());
    const second = planClearing(ended(8), 10, new Set(first.heldBack));
    expect([first.clear.length, second.clear.length, second.heldBack.length]).toEqual([0, 8, 0]);
  });

  test('need no second read where the source says they were completed', () => {
    expect(planClearing(ended(10, 'completed'), 10, new Set()).clear).toHaveLength(10);
  });
});

test('a discarded command is still told where it waits, and cleared where it was told', () => {
  const waiting = row(1, { send_status: 'pending' });
  const retried = row(2, { send_status: 'failed', next_attempt_at: START });
  const refused = row(3, { send_status: 'failed' });
  const ended = [waiting, retried, refused, row(4)].map((each) => ({
    row: each,
    outcome: 'discarded' as const,
  }));
  const plan = planClearing(ended, 4, new Set());
  expect(plan.discarded.map(({ id }) => id)).toEqual([1, 2]);
  expect(plan.clear).toEqual([
    { id: 3, outcome: 'discarded' },
    { id: 4, outcome: 'discarded' },
  ]);
});
