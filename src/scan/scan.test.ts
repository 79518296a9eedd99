import { expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, world } from './testing.ts';

test('a late meter is told once, and the next scan finds it told and starts nothing', async () => {
  const w = world();
  w.source.rows = [w.row('1'), w.row('2', 90 * MINUTE), w.row('3', 59 * MINUTE)];
  const first = await w.scan();
  expect(w.channel.told()).toEqual(['1 STUCK', '2 ALERT']);
  expect(first.counts).toMatchObject({
    checked: 3,
    normal: 1,
    alert: 1,
    stuck: 1,
    due: 2,
    sent: 2,
    messagesSent: 2,
  });
  w.clock.advance(15 * MINUTE);
  w.source.rows = w.source.rows.slice(0, 2);
  const second = await w.scan();
  expect(second.counts).toMatchObject({ sent: 0, alreadyNotified: 2, due: 0 });
  expect(w.channel.connects).toBe(1);
  expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
  void [DAY, HOUR];
});
