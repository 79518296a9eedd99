import { expect, test } from 'vitest';
import { ExitCode } from '../exit-codes.ts';
import { MINUTE, VirtualClock } from './testing.ts';
import { orGiveUp, withDeadline } from './within.ts';

const never = new AbortController().signal;
const hanging = <T>(): Promise<T> => new Promise(() => {});

test('a step that is done in time yields its value, and the clock is left alone', async () => {
  const clock = new VirtualClock();
  const start = clock.now();
  const deadline = start.getTime() + MINUTE;
  expect(await withDeadline(clock, deadline, never, async () => 'done')).toBe('done');
  await clock.sleep(1_000);
  expect(clock.now().getTime() - start.getTime()).toBe(1_000);
});

test('a step that hangs is given up at the deadline (69)', async () => {
  const clock = new VirtualClock();
  const deadline = clock.now().getTime() + MINUTE;
  const step = withDeadline(clock, deadline, never, (signal) => orGiveUp(hanging(), signal, 'Connecting'));
  await expect(step).rejects.toMatchObject({ code: 'ERR_RC_DEADLINE', exitCode: ExitCode.UNAVAILABLE });
  expect(clock.now().getTime()).toBe(deadline);
});

test('a deadline that has passed already ends the step', async () => {
  const clock = new VirtualClock();
  const step = withDeadline(clock, 0, never, (signal) => orGiveUp(hanging(), signal, 'Connecting'));
  await expect(step).rejects.toThrow('Connecting took longer');
});

test('stop ends the step before the deadline does, even where it came first', async () => {
  const clock = new VirtualClock();
  const deadline = clock.now().getTime() + MINUTE;
  const stop = new AbortController();
  const step = withDeadline(clock, deadline, stop.signal, (signal) => orGiveUp(hanging(), signal, 'It'));
  stop.abort();
  await expect(step).rejects.toThrow('It took longer');
  const second = withDeadline(clock, deadline, stop.signal, (signal) => orGiveUp(hanging(), signal, 'It'));
  await expect(second).rejects.toThrow('It took longer');
  expect(clock.now().getTime()).toBeLessThan(deadline);
});

test('what comes too late is handed on to be put away', async () => {
  const stop = new AbortController();
  let resolve = (_: string): void => {};
  const promise = new Promise<string>((fulfil) => {
    resolve = fulfil;
  });
  const late: string[] = [];
  const step = orGiveUp(promise, stop.signal, 'Connecting', (value) => late.push(value));
  stop.abort();
  await expect(step).rejects.toThrow('Connecting');
  resolve('a connection');
  await promise;
  expect(late).toEqual(['a connection']);
});

test('what fails in time fails as it is', async () => {
  await expect(orGiveUp(Promise.reject(new Error('no route')), never, 'It')).rejects.toThrow('no route');
});
