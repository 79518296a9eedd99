import type { Database } from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { recordAudit } from './audit.ts';
import type { LedgerChanges, NotificationFacts, ScanLedger } from './port.ts';
import { openReleaseLedger } from './release.ts';
import { openScanLedger } from './sqlite/scan-ledger.ts';
import { meterStory } from './story.ts';
import { addNotification, insert, temporaryLedger } from './testing.ts';

const GROUP = '120363000000000001@g.us';
const NOTHING: LedgerChanges = {
  claims: [],
  refreshed: [],
  cancelled: [],
  baselined: [],
  reopened: [],
  untold: [],
};

/** UTC; Dhaka's clocks show six hours more. */
function at(time: string): string {
  return `2025-01-02T${time}:00.000Z`;
}

function facts(meter: string, values: Partial<NotificationFacts> = {}): NotificationFacts {
  return {
    meter_number: meter,
    nocs_name: 'Azimpur',
    customer_id: 'CUST1',
    command_id: 'C-1',
    duration_status: 'STUCK',
    duration_minutes: 150,
    triggered_at: at('07:30'),
    balance: '10.00',
    group_id: GROUP,
    reason: 'due',
    outcome: null,
    ...values,
  };
}

function claim(
  ledger: ScanLedger,
  time: string,
  values: Partial<NotificationFacts> = {},
  releases: number[] = [],
): number {
  const claimed = facts('1', values);
  const key = `meter:${claimed.meter_number}`;
  const row = { ...claimed, dedupe_key: key, channel: 'whatsapp', send_status: 'pending' as const, releases };
  const id = ledger.applyChanges({ ...NOTHING, claims: [row] }, 1, at(time)).get(key)?.id;
  if (id === undefined) throw new Error(`${key} is taken`);
  return id;
}

function handOver(ledger: ScanLedger, message: string, ids: readonly number[], time: string): void {
  const rows = ids.map((id) => ({
    id,
    facts: facts(ledger.notification(id)?.meter_number ?? ''),
    note: null,
  }));
  const to = { channel: 'whatsapp', groupId: GROUP, account: '8801700000000', idImposed: true };
  ledger.beginSend({ ...to, id: message, text: 'text', rows }, 1, at(time));
}

function settle(
  ledger: ScanLedger,
  message: string,
  status: 'sent' | 'failed' | 'unknown',
  time: string,
  nextAttempt: string | null = null,
): void {
  const error = status === 'sent' ? null : 'the server said no';
  const ack = status === 'sent' ? 2 : null;
  ledger.settle(message, { status, ack, error, at: at(time), nextAttempt: () => nextAttempt }, at(time));
}

function open(): { directory: string; database: Database; ledger: ScanLedger } {
  const { directory, database } = temporaryLedger();
  const ledger = openScanLedger(directory, new Date(at('00:00')));
  onTestFinished(() => ledger.close());
  return { directory, database, ledger };
}

/** As `14:00 text`, by Dhaka's clocks. */
function story(database: Database, meter = '1'): string[] {
  return meterStory(database, meter, 'Asia/Dhaka').map(({ at, text }) => {
    const dhaka = new Date(Date.parse(at) + 6 * 3_600_000).toISOString();
    return `${dhaka.slice(11, 16)} ${text}`;
  });
}

test('a meter that was told in a digest and got its light', () => {
  const { database, ledger } = open();
  const ids = [claim(ledger, '10:00'), claim(ledger, '10:00', { meter_number: '2' })];
  handOver(ledger, '3EB0A', ids, '10:00');
  settle(ledger, '3EB0A', 'sent', '10:01');
  ledger.clear([{ id: ids[0] ?? 0, outcome: 'completed' }], at('12:15'));
  expect(story(database)).toEqual([
    '16:00 First seen late: command C-1, NOCS Azimpur, triggered 2025-01-02 13:30. Last recorded as STUCK, 2h 30m.',
    `16:00 Handed to whatsapp for ${GROUP} in a digest of 2, by account 8801700000000: 3EB0A.`,
    '16:01 Sent (3EB0A, ack 2).',
    '18:15 Cleared: the command was completed.',
  ]);
});

test('refused, tried again, refused for good, and released when the meter was late with another command', () => {
  const { database, ledger } = open();
  const first = claim(ledger, '10:00');
  handOver(ledger, '3EB0A', [first], '10:00');
  settle(ledger, '3EB0A', 'failed', '10:01', at('10:16'));
  expect(story(database).at(-1)).toBe(
    '16:01 Refused (3EB0A): the server said no. Next attempt from 2025-01-02 16:16.',
  );
  handOver(ledger, '3EB0B', [first], '10:16');
  settle(ledger, '3EB0B', 'failed', '10:17');
  claim(ledger, '11:00', { command_id: 'C-2', triggered_at: null }, [first]);
  expect(story(database).slice(1)).toEqual([
    `16:00 Handed to whatsapp for ${GROUP} alone, by account 8801700000000: 3EB0A.`,
    '16:01 Refused (3EB0A): the server said no.',
    `16:16 Handed to whatsapp for ${GROUP} alone, by account 8801700000000: 3EB0B.`,
    '16:17 Refused (3EB0B): the server said no. It is not tried again.',
    '17:00 Seen late again: command C-2, NOCS Azimpur. Last recorded as STUCK, 2h 30m.',
    '17:00 Not told yet: it waits for the next scan.',
    '17:00 Released by a scan: the meter is late with another command.',
  ]);
});

test('without an answer, handed over again with the same id, then decided and released by an operator', () => {
  const { directory, database, ledger } = open();
  handOver(ledger, '3EB0A', [claim(ledger, '10:00')], '10:00');
  settle(ledger, '3EB0A', 'unknown', '10:02');
  ledger.beginResend('3EB0A', at('10:15'));
  settle(ledger, '3EB0A', 'unknown', '10:17');
  expect(story(database).slice(2)).toEqual([
    '16:15 Handed over again with the same id (time 2): 3EB0A.',
    '16:15 No answer proves that 3EB0A arrived: the server said no.',
  ]);
  const operator = openReleaseLedger(directory, new Date(at('11:00')));
  onTestFinished(() => operator.close());
  const act = {
    who: 'karim',
    at: at('11:00'),
    target: '--unknown --as not-sent',
    reason: 'not in the group',
  };
  operator.decide(operator.selectUnknown({}), 'not-sent', act);
  expect(story(database).slice(4)).toEqual([
    '17:00 An operator recorded 3EB0A as not sent.',
    '17:00 Released by karim (reset --unknown --as not-sent), because: not in the group.',
  ]);
});

test('released by an operator before it was sent', () => {
  const { directory, database, ledger } = open();
  claim(ledger, '10:00', { reason: 'over-limit' });
  expect(story(database).at(-1)).toBe('16:00 Not told yet: the limits of pace or the deadline left no room.');
  const operator = openReleaseLedger(directory, new Date(at('11:00')));
  onTestFinished(() => operator.close());
  operator.release(operator.select({}), { who: 'karim', at: at('11:00'), target: '--meter 1', reason: null });
  expect(story(database).slice(1)).toEqual(['17:00 Released by karim (reset --meter 1).']);
});

test('muted, then cleared before anybody was told', () => {
  const { database, ledger } = open();
  const mute = { created_by: 'rahim', reason: 'line work', created_at: at('09:00') };
  insert(database, 'mutes', { ...mute, kind: 'nocs', name: 'AZIMPUR', until: at('18:00') });
  insert(database, 'mutes', { ...mute, kind: 'nocs', name: 'Lalbagh' });
  insert(database, 'mutes', { ...mute, kind: 'meter', name: '2' });
  const id = claim(ledger, '10:00', { reason: 'muted' });
  expect(story(database).at(-1)).toBe('16:00 Not told yet: the meter or its NOCS is muted.');
  ledger.clear([{ id, outcome: null }], at('11:00'));
  expect(story(database)).toEqual([
    '15:00 NOCS AZIMPUR was muted until 2025-01-03 00:00 by rahim, because: line work.',
    '16:00 First seen late: command C-1, NOCS Azimpur, triggered 2025-01-02 13:30. Last recorded as STUCK, 2h 30m.',
    '17:00 Cleared: the command is no longer in progress. The notification was cancelled before it was sent.',
  ]);
});

test('a mute of the NOCS that was over before, or began after, is not part of the story', () => {
  const { database } = open();
  addNotification(database, { meter_number: '1', created_at: at('10:00'), cleared_at: at('11:00') });
  const mute = { kind: 'nocs', name: 'NOCS-1', created_by: 'rahim' };
  insert(database, 'mutes', { ...mute, created_at: at('08:00'), ended_at: at('09:00') });
  insert(database, 'mutes', { ...mute, created_at: at('12:00') });
  expect(story(database).join()).not.toContain('muted');
});

test('an office whose own name begins with NOCS is not called so twice', () => {
  const { database, ledger } = open();
  const mute = { created_by: 'rahim', created_at: at('09:00') };
  insert(database, 'mutes', { ...mute, kind: 'nocs', name: 'nocs ramna' });
  claim(ledger, '10:00', { nocs_name: 'NOCS Ramna', reason: 'muted' });
  const [muted, seen] = story(database);
  expect(muted).toBe('15:00 nocs ramna was muted by rahim.');
  expect(seen).toContain('command C-1, NOCS Ramna, triggered');
});

test('a meter mute and its end are told even where nothing was ever late', () => {
  const { database } = open();
  const mute = {
    kind: 'meter',
    name: '1',
    created_by: 'rahim',
    created_at: at('09:00'),
    ended_at: at('10:00'),
  };
  insert(database, 'mutes', mute);
  expect(story(database)).toEqual(['15:00 The meter was muted by rahim.', '16:00 The meter was unmuted.']);
});

test('late commands that were left untold, each with its reason', () => {
  const { database } = open();
  const untold = { meter_number: '1', command: 'C-7', first_seen_at: at('10:00') };
  insert(database, 'untold', { ...untold, reason: 'too-old' });
  insert(database, 'untold', { ...untold, command: 'C-8', reason: 'told-for-earlier-command' });
  expect(story(database)).toEqual([
    '16:00 Not told for command C-7: it was older than rules.ignoreAfter when it was first read (too-old).',
    '16:00 Not told for command C-8: the meter was told for an earlier command, and rules.once is meter (told-for-earlier-command).',
  ]);
});

test('an ALERT overtaken by STUCK, and a baseline', () => {
  const { database, ledger } = open();
  const id = claim(ledger, '10:00');
  ledger.applyChanges({ ...NOTHING, cancelled: [{ id, reason: 'escalated' }] }, 2, at('11:00'));
  expect(story(database).at(-1)).toBe('17:00 Cancelled: it was STUCK before the ALERT was sent.');
  addNotification(database, {
    meter_number: '2',
    channel: 'none',
    reason: 'baseline',
    created_at: at('10:00'),
  });
  expect(story(database, '2')).toEqual([
    '16:00 First seen late: a command without id, NOCS-1. Last recorded as STUCK, 2h 30m. A baseline recorded it as told; no message was sent for it.',
  ]);
});

test('an act of an operator on several notifications of the meter is told once', () => {
  const { database } = open();
  const ids = [1, 2].map(() => addNotification(database, { meter_number: '1' }));
  const entry = { action: 'reset', target: '--all', reason: null, detail: null, notificationIds: ids };
  recordAudit(database, entry, 'karim', at('12:00'));
  expect(story(database).filter((sentence) => sentence.includes('karim'))).toEqual([
    '18:00 Changed by karim (reset --all).',
  ]);
});

test('an unknown meter has no story', () => {
  expect(meterStory(open().database, 'nobody', 'Asia/Dhaka')).toEqual([]);
});
