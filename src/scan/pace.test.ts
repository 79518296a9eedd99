import { expect, test } from 'vitest';
import { Pacer } from './pace.ts';
import { configWith, DAY, MINUTE, START } from './testing.ts';

const NOW = Date.parse(START);
const later = (ms: number): Date => new Date(NOW + ms);

function pacer({
  earlier = [] as { groupId: string; at: number }[],
  random = 0,
  limit = null as number | null,
} = {}) {
  const { pace } = configWith({
    pace: { minGap: 8_000, maxGap: 15_000, perGroupGap: 30_000, perScan: 3, perDay: 5 },
  });
  return new Pacer(pace, earlier, () => random, limit);
}

test('the first message may go at once', () => {
  expect(pacer().readyFor('a')).toBeLessThanOrEqual(NOW);
});

test.each([
  [0, 8_000],
  [0.5, 11_500],
  [1, 15_000],
])('between messages lies a gap between minGap and maxGap (random %d)', (random, gap) => {
  const paced = pacer({ random });
  paced.handed('a', later(0));
  expect(paced.readyFor('b')).toBe(NOW + gap);
});

test('one group is left alone for perGroupGap', () => {
  const paced = pacer();
  paced.handed('a', later(0));
  paced.handed('b', later(8_000));
  expect(paced.readyFor('a')).toBe(NOW + 30_000);
  expect(paced.readyFor('c')).toBe(NOW + 16_000);
});

test('gaps reach over from the scan before', () => {
  const paced = pacer({ earlier: [{ groupId: 'a', at: NOW - 10_000 }] });
  expect(paced.readyFor('a')).toBe(NOW + 20_000);
  expect(paced.readyFor('b')).toBe(NOW - 2_000);
});

test('perScan messages go in one scan, or fewer with --limit', () => {
  const sendable = (paced: Pacer): number => {
    let sent = 0;
    for (; paced.remaining(later(sent * MINUTE)) > 0; sent += 1) paced.handed('a', later(sent * MINUTE));
    return sent;
  };
  expect(sendable(pacer())).toBe(3);
  expect(sendable(pacer({ limit: 2 }))).toBe(2);
  expect(sendable(pacer({ limit: 9 }))).toBe(3);
});

test('perDay counts any 24 hours, not the calendar', () => {
  const earlier = [0, 1, 2, 3, 4].map((minute) => ({ groupId: 'a', at: NOW - DAY + 1 + minute * MINUTE }));
  expect(pacer({ earlier }).remaining(later(0))).toBe(0);
  expect(pacer({ earlier }).remaining(later(1))).toBe(1);
});
