import { expect, test } from 'vitest';
import { nextAttemptAt } from './attempts.ts';
import { MINUTE, START } from './testing.ts';

test.each([
  [1, 15],
  [2, 30],
  [3, 60],
  [4, 120],
  [7, 120],
])('after refusal %i the next attempt is %i minutes later', (attempts, minutes) => {
  const expected = new Date(Date.parse(START) + minutes * MINUTE).toISOString();
  expect(nextAttemptAt(attempts, 10, new Date(START))).toBe(expected);
});

test('the last of the allowed attempts has none after it', () => {
  expect(nextAttemptAt(4, 5, new Date(START))).not.toBeNull();
  expect(nextAttemptAt(5, 5, new Date(START))).toBeNull();
  expect(nextAttemptAt(1, 1, new Date(START))).toBeNull();
});
