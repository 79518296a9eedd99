import { expect, test } from 'vitest';
import type { LateStatus } from '../domain.ts';
import { noticeOf, planMessages, type Tellable } from './plan.ts';
import { HOUR, plainComposer, START, toldBy } from './testing.ts';

function late(meter: string, status: LateStatus, hours: number, groupId = 'a'): Tellable {
  const facts = {
    meter_number: meter,
    nocs_name: null,
    customer_id: null,
    command_id: null,
    duration_status: status,
    duration_minutes: hours * 60,
    triggered_at: null,
    balance: null,
    group_id: groupId,
    reason: 'due',
    outcome: null,
  };
  return { facts, notice: noticeOf(facts), groupId, ageMs: hours * HOUR };
}

function planned(tellings: readonly Tellable[], digestAbove = 5): string[][] {
  return planMessages(tellings, plainComposer, digestAbove, new Date(START)).map(({ groupId, text }) => [
    groupId,
    ...toldBy(text),
  ]);
}

test('STUCK goes before ALERT, and the oldest first', () => {
  const tellings = [
    late('1', 'ALERT', 9),
    late('2', 'STUCK', 3),
    late('3', 'STUCK', 4),
    late('4', 'ALERT', 1),
  ];
  expect(planned(tellings)).toEqual([
    ['a', '3 STUCK'],
    ['a', '2 STUCK'],
    ['a', '1 ALERT'],
    ['a', '4 ALERT'],
  ]);
});

test('as many as digestAbove go one by one, one more makes a digest', () => {
  const three = [late('1', 'STUCK', 5), late('2', 'STUCK', 4), late('3', 'ALERT', 1)];
  expect(planned(three, 3)).toHaveLength(3);
  expect(planned(three, 2)).toEqual([['a', '1 STUCK', '2 STUCK', '3 ALERT']]);
});

test('each group is counted for itself, and a digest ranks by its most urgent', () => {
  const tellings = [
    late('1', 'ALERT', 1, 'a'),
    late('2', 'STUCK', 5, 'a'),
    late('3', 'STUCK', 9, 'b'),
    late('4', 'STUCK', 3, 'c'),
    late('5', 'ALERT', 1, 'c'),
  ];
  expect(planned(tellings, 1)).toEqual([
    ['b', '3 STUCK'],
    ['a', '2 STUCK', '1 ALERT'],
    ['c', '4 STUCK', '5 ALERT'],
  ]);
});

test('each part of a digest is a message with notifications of its own', () => {
  const inPairs = {
    ...plainComposer,
    digest: <N>(notices: readonly N[]) => [
      { text: 'one', notices: notices.slice(0, 2) },
      { text: 'two', notices: notices.slice(2) },
    ],
  };
  const tellings = [late('1', 'STUCK', 5), late('2', 'STUCK', 4), late('3', 'STUCK', 3)];
  const parts = planMessages(tellings, inPairs, 1, new Date(START));
  expect(parts.map((part) => part.tellings.map(({ facts }) => facts.meter_number))).toEqual([
    ['1', '2'],
    ['3'],
  ]);
});
