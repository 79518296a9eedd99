import { expect, test } from 'vitest';
import { notificationStatistics } from './statistics.ts';
import { addNotification, temporaryLedger } from './testing.ts';

const TRIGGERED = '2025-01-02T08:00:00.000Z';

/** Minutes after the trigger. */
function after(minutes: number): string {
  return new Date(Date.parse(TRIGGERED) + minutes * 60_000).toISOString();
}

test('spellings of one NOCS are counted together under the most frequent, the busiest NOCS first', () => {
  const { database } = temporaryLedger();
  for (const nocs_name of ['nocs-1', 'NOCS-1 ', 'NOCS-1 ', 'Azimpur', null])
    addNotification(database, { nocs_name });
  expect(notificationStatistics(database, {}).byNocs).toEqual([
    { nocsName: 'NOCS-1 ', notifications: 3 },
    { nocsName: null, notifications: 1 },
    { nocsName: 'Azimpur', notifications: 1 },
  ]);
});

test('released notifications count as what they were', () => {
  const { database } = temporaryLedger();
  addNotification(database, { duration_status: 'ALERT' });
  addNotification(database, { send_status: 'failed', released_at: after(200) });
  addNotification(database, { send_status: 'failed' });
  const statistics = notificationStatistics(database, {});
  expect(statistics.byStatus).toEqual([
    { durationStatus: 'ALERT', sendStatus: 'sent', notifications: 1 },
    { durationStatus: 'STUCK', sendStatus: 'failed', notifications: 2 },
  ]);
  expect(statistics.notifications).toBe(3);
});

test('median and 90th percentile of the times are those a spreadsheet computes', () => {
  const { database } = temporaryLedger();
  for (const minutes of [100, 61, 70, 62]) {
    addNotification(database, {
      triggered_at: TRIGGERED,
      sent_at: after(minutes),
      cleared_at: after(minutes + 30),
    });
  }
  addNotification(database, { triggered_at: TRIGGERED, send_status: 'pending', cleared_at: after(90) });
  const { triggerToMessage, messageToCleared } = notificationStatistics(database, {});
  // PERCENTILE({61;62;70;100}; 0.5) = 66 and (...; 0.9) = 91
  expect(triggerToMessage).toEqual({ notifications: 4, medianSeconds: 66 * 60, p90Seconds: 91 * 60 });
  expect(messageToCleared).toEqual({ notifications: 4, medianSeconds: 1800, p90Seconds: 1800 });
});

test('one message is its own median, to the millisecond', () => {
  const { database } = temporaryLedger();
  addNotification(database, { triggered_at: TRIGGERED, sent_at: '2025-01-02T09:00:00.123Z' });
  expect(notificationStatistics(database, {}).triggerToMessage).toEqual({
    notifications: 1,
    medianSeconds: 3600.123,
    p90Seconds: 3600.123,
  });
});

test('a message cleared before it was sent, or sent before its trigger, says nothing about times', () => {
  const { database } = temporaryLedger();
  addNotification(database, { triggered_at: TRIGGERED, sent_at: after(-5), cleared_at: after(-6) });
  const { triggerToMessage, messageToCleared } = notificationStatistics(database, {});
  expect([triggerToMessage, messageToCleared]).toEqual([null, null]);
});

test('a baseline is in no statistics but its own count', () => {
  const { database } = temporaryLedger();
  const baseline = { channel: 'none', reason: 'baseline', triggered_at: TRIGGERED, cleared_at: after(90) };
  addNotification(database, baseline);
  expect(notificationStatistics(database, {})).toEqual({
    notifications: 0,
    baseline: 1,
    byNocs: [],
    byStatus: [],
    triggerToMessage: null,
    messageToCleared: null,
  });
});

test('the filters hold for every number', () => {
  const { database } = temporaryLedger();
  const told = { triggered_at: TRIGGERED, cleared_at: after(120) };
  addNotification(database, { ...told, nocs_name: 'Azimpur', sent_at: after(60) });
  addNotification(database, { ...told, nocs_name: 'Lalbagh', sent_at: after(90) });
  addNotification(database, { nocs_name: 'Lalbagh', channel: 'none', reason: 'baseline' });
  const { notifications, baseline, byNocs, triggerToMessage } = notificationStatistics(database, {
    nocs: 'AZIMPUR',
  });
  expect({ notifications, baseline, byNocs }).toEqual({
    notifications: 1,
    baseline: 0,
    byNocs: [{ nocsName: 'Azimpur', notifications: 1 }],
  });
  expect(triggerToMessage?.medianSeconds).toBe(3600);
});
