import { describe, expect, test } from 'vitest';
import type { OnceRule, RcCommand } from '../domain.ts';
import type { NotificationRow } from '../ledger/port.ts';
import { DAY, HOUR, MINUTE, START } from './testing.ts';
import { type Decision, decide, durationStatus, type Facts } from './triage.ts';

const NOW = Date.parse(START);
const LIMITS = { alertAfter: HOUR, stuckAfter: 2 * HOUR, ignoreAfter: 7 * DAY };

/** A command of meter 1; its trigger time follows from its age. */
function command(values: Partial<RcCommand> = {}): RcCommand {
  const ageMs = values.ageMs ?? 3 * HOUR;
  return {
    meterNumber: '1',
    nocsName: 'NOCS-1',
    commandId: 'C1',
    customerId: null,
    balance: null,
    triggeredAt: NOW - ageMs,
    ageMs,
    outcome: null,
    ...values,
  };
}

/** An open row 1 about that command. */
function row(values: Partial<NotificationRow> = {}): NotificationRow {
  return {
    id: 1,
    meter_number: '1',
    nocs_name: 'NOCS-1',
    customer_id: null,
    command_id: 'C1',
    duration_status: 'STUCK',
    duration_minutes: 180,
    triggered_at: new Date(NOW - 3 * HOUR).toISOString(),
    balance: null,
    group_id: 'own@g.us',
    channel: 'whatsapp',
    send_status: 'sent',
    reason: 'due',
    error: null,
    attempts: 1,
    next_attempt_at: null,
    message_id: null,
    message: null,
    ack: null,
    dedupe_key: 'meter:1',
    scan_id: 1,
    created_at: START,
    updated_at: START,
    sent_at: null,
    cleared_at: null,
    outcome: null,
    released_at: null,
    ...values,
  };
}

interface Case {
  readonly once?: OnceRule;
  readonly command?: Partial<RcCommand>;
  readonly rows?: readonly NotificationRow[];
  readonly facts?: Partial<Facts>;
}

function decided({ once = 'meter', command: values, rows = [], facts }: Case): Decision {
  const known: Facts = {
    rows,
    wasReleased: false,
    muted: false,
    inPilot: true,
    groupId: 'own@g.us',
    ...facts,
  };
  return decide(command(values), known, { ...LIMITS, once }, START);
}

const [EARLIER, LATER] = [START.replace('10:00', '09:59'), START.replace('10:00', '10:01')];
const CLEARED = { cleared_at: EARLIER };
const OTHER = { command_id: 'C0' };
const FINAL = { send_status: 'failed', next_attempt_at: null } as const;
const RETRYABLE = { send_status: 'failed', next_attempt_at: EARLIER } as const;
const RETRY_LATER = { send_status: 'failed', next_attempt_at: LATER } as const;
const PENDING = { send_status: 'pending' } as const;
const ALERT = { duration_status: 'ALERT' } as const;
const NO_IDS = { commandId: null, triggeredAt: null };
const NO_IDS_ROW = { command_id: null, triggered_at: null };

describe('the limits belong to the higher status', () => {
  test.each([
    [HOUR - 1, 'NORMAL'],
    [HOUR, 'ALERT'],
    [HOUR + 1, 'ALERT'],
    [2 * HOUR - 1, 'ALERT'],
    [2 * HOUR, 'STUCK'],
    [2 * HOUR + 1, 'STUCK'],
  ])('%i ms is %s', (age, status) => {
    expect(durationStatus(age, { ...LIMITS, once: 'meter' })).toBe(status);
  });
});

describe('every reason', () => {
  test.each<[sentence: string, given: Case, told: Partial<Decision>]>([
    ['a young command is not late', { command: { ageMs: HOUR - 1 } }, { action: 'skip', reason: 'not-late' }],
    ['a late command nobody knows is due', {}, { action: 'tell', reason: 'due', row: null }],
    [
      'outside the pilot it is left alone, told or not',
      { facts: { inPilot: false }, rows: [row()] },
      { action: 'skip', reason: 'not-in-pilot', reopens: [] },
    ],
    ['muted, it waits', { facts: { muted: true } }, { action: 'wait', reason: 'muted' }],
    ['without a group, it waits', { facts: { groupId: null } }, { action: 'wait', reason: 'no-group' }],
    [
      'a mute is said before a missing group',
      { facts: { muted: true, groupId: null } },
      { action: 'wait', reason: 'muted' },
    ],
    [
      'at the age to ignore it is still told',
      { command: { ageMs: 7 * DAY } },
      { action: 'tell', reason: 'due' },
    ],
    ['beyond, it is too old', { command: { ageMs: 7 * DAY + 1 } }, { action: 'skip', reason: 'too-old' }],
    [
      'however old, a command that waits in the ledger is told',
      { command: { ageMs: 9 * DAY }, rows: [row(PENDING)] },
      { action: 'tell', reason: 'due', row: row(PENDING) },
    ],
    [
      'so is one that was released: it is not new to the ledger',
      { command: { ageMs: 9 * DAY }, facts: { wasReleased: true } },
      { action: 'tell', reason: 'due', row: null },
    ],
    [
      'a waiting row of another command does not make an old command young',
      { command: { ageMs: 9 * DAY }, rows: [row({ ...PENDING, ...OTHER })] },
      { action: 'skip', reason: 'too-old', cancels: [], row: null },
    ],
    [
      'nor does a final failure of another command',
      { command: { ageMs: 9 * DAY }, rows: [row({ ...FINAL, ...OTHER })] },
      { action: 'skip', reason: 'too-old', releases: [] },
    ],
    [
      'an old command that was told is told, not too old',
      { command: { ageMs: 9 * DAY }, rows: [row()] },
      { action: 'skip', reason: 'already-notified' },
    ],
    [
      'a refused one is tried again when its time has come',
      { rows: [row({ ...RETRYABLE, next_attempt_at: START })] },
      { action: 'tell', reason: 'retry', releases: [] },
    ],
    [
      'and not before',
      { rows: [row(RETRY_LATER)] },
      { action: 'wait', reason: 'retry', row: row(RETRY_LATER) },
    ],
    [
      'a muted retry waits in its row',
      { rows: [row(RETRYABLE)], facts: { muted: true } },
      { action: 'wait', reason: 'muted', row: row(RETRYABLE) },
    ],
    [
      'refused for good, the same command is not tried again',
      { rows: [row(FINAL)] },
      { action: 'skip', reason: 'over-limit', releases: [], row: null },
    ],
    [
      'refused for good, another command of the meter frees the key and is told',
      { rows: [row({ ...FINAL, ...OTHER })] },
      { action: 'tell', reason: 'retry-new-command', releases: [1], row: null },
    ],
    [
      'the new command of a muted meter waits in a row of its own',
      { rows: [row({ ...FINAL, ...OTHER })], facts: { muted: true } },
      { action: 'wait', reason: 'muted', releases: [1], row: null },
    ],
  ])('%s', (_, given, expected) => {
    expect(decided(given)).toMatchObject(expected);
  });
});

describe('once: meter', () => {
  test.each<[sentence: string, given: Case, told: Partial<Decision>]>([
    ...(['sent', 'sending', 'unknown'] as const).map((send_status): [string, Case, Partial<Decision>] => [
      `a row in ${send_status} counts as told`,
      { rows: [row({ send_status })] },
      { action: 'skip', reason: 'already-notified', reopens: [] },
    ]),
    [
      'a baseline counts as told',
      { rows: [row({ channel: 'none', reason: 'baseline' })] },
      { action: 'skip', reason: 'already-notified' },
    ],
    [
      'another command of a told meter is not told',
      { rows: [row(OTHER)] },
      { action: 'skip', reason: 'told-for-earlier-command' },
    ],
    [
      'not even long after the first one ended',
      { rows: [row({ ...OTHER, ...CLEARED })] },
      { action: 'skip', reason: 'told-for-earlier-command', reopens: [] },
    ],
    [
      'a told command that is back opens its row again',
      { rows: [row(CLEARED)] },
      { action: 'skip', reason: 'already-notified', reopens: [1] },
    ],
    [
      'a discarded one does not: it is not in progress',
      { rows: [row(CLEARED)], command: { outcome: 'discarded' } },
      { action: 'skip', reason: 'already-notified', reopens: [] },
    ],
    [
      'a row that waits for an earlier command tells the new one',
      { rows: [row({ ...PENDING, ...OTHER })] },
      { action: 'tell', reason: 'due', row: row({ ...PENDING, ...OTHER }), cancels: [] },
    ],
    [
      'of two waiting rows, the one about this command is told and the other cancelled',
      { rows: [row({ ...PENDING, ...OTHER }), row({ ...PENDING, id: 2 })] },
      { row: row({ ...PENDING, id: 2 }), cancels: [{ id: 1, reason: 'duplicate-row' }] },
    ],
    [
      'a final failure beside a waiting row stays in the ledger as it is',
      { rows: [row(PENDING), row({ ...FINAL, ...OTHER, id: 2 })] },
      { row: row(PENDING), cancels: [], releases: [] },
    ],
    [
      'what still waits of a told meter is cancelled',
      { rows: [row(), row({ ...PENDING, ...OTHER, id: 2 }), row({ ...FINAL, ...OTHER, id: 3 })] },
      { reason: 'already-notified', cancels: [{ id: 2, reason: 'already-notified' }] },
    ],
  ])('%s', (_, given, expected) => {
    expect(decided({ once: 'meter', ...given })).toMatchObject(expected);
  });
});

describe('once: command', () => {
  test.each<[sentence: string, given: Case, told: Partial<Decision>]>([
    ['a told command is not told again', { rows: [row()] }, { action: 'skip', reason: 'already-notified' }],
    [
      'another command of a told meter is',
      { rows: [row(OTHER)] },
      { action: 'tell', reason: 'due', row: null },
    ],
    [
      'another command does not take the waiting row of the first',
      { rows: [row({ ...PENDING, ...OTHER })] },
      { action: 'tell', row: null, cancels: [] },
    ],
    [
      'nor free the key of one refused for good',
      { rows: [row({ ...FINAL, ...OTHER })] },
      { action: 'tell', reason: 'due', releases: [] },
    ],
    [
      'without a command id, the trigger time names the command',
      { command: { commandId: null }, rows: [row({ command_id: null })] },
      { action: 'skip', reason: 'already-notified' },
    ],
    [
      'so it does where only the row lacks the id',
      { rows: [row({ command_id: null })] },
      { action: 'skip', reason: 'already-notified' },
    ],
    [
      'another trigger time is another command',
      {
        command: { commandId: null, triggeredAt: NOW - 3 * HOUR - MINUTE },
        rows: [row({ command_id: null })],
      },
      { action: 'tell', reason: 'due' },
    ],
    [
      'with two ids, the trigger time says nothing',
      { command: { triggeredAt: NOW - 4 * HOUR }, rows: [row()] },
      { action: 'skip', reason: 'already-notified' },
    ],
    [
      'where neither is known an open row is about this command',
      { command: NO_IDS, rows: [row(NO_IDS_ROW)] },
      { action: 'skip', reason: 'already-notified' },
    ],
    [
      'and a cleared one about an earlier',
      { command: NO_IDS, rows: [row({ ...NO_IDS_ROW, ...CLEARED })] },
      { action: 'tell', reason: 'due' },
    ],
    [
      'a command told as ALERT under another rule is told',
      { rows: [row({ ...ALERT, dedupe_key: 'status:C1:ALERT' })] },
      { action: 'skip', reason: 'already-notified' },
    ],
  ])('%s', (_, given, expected) => {
    expect(decided({ once: 'command', ...given })).toMatchObject(expected);
  });
});

describe('once: status', () => {
  const stuck = { ageMs: 3 * HOUR };
  const alert = { ageMs: 90 * MINUTE };
  test.each<[sentence: string, given: Case, told: Partial<Decision>]>([
    [
      'an ALERT that was told is not told again',
      { command: alert, rows: [row(ALERT)] },
      { action: 'skip', reason: 'already-notified' },
    ],
    [
      'STUCK is told after ALERT',
      { command: stuck, rows: [row(ALERT)] },
      { action: 'tell', reason: 'escalated', row: null, cancels: [] },
    ],
    [
      'STUCK is told once',
      { command: stuck, rows: [row(ALERT), row({ id: 2 })] },
      { action: 'skip', reason: 'already-notified' },
    ],
    [
      'a first-seen STUCK never yields an ALERT, whatever the limits say today',
      { command: alert, rows: [row()] },
      { action: 'skip', reason: 'already-notified' },
    ],
    [
      'a waiting ALERT overtaken by STUCK is cancelled, and STUCK told in its place',
      { command: stuck, rows: [row({ ...ALERT, ...PENDING })] },
      { action: 'tell', reason: 'escalated', row: null, cancels: [{ id: 1, reason: 'escalated' }] },
    ],
    [
      'so is one that waits for another attempt',
      { command: stuck, rows: [row({ ...ALERT, ...RETRY_LATER })] },
      { action: 'tell', reason: 'escalated', cancels: [{ id: 1, reason: 'escalated' }] },
    ],
    [
      'one refused for good stays failed for the audit',
      { command: stuck, rows: [row({ ...ALERT, ...FINAL })] },
      { action: 'tell', reason: 'escalated', cancels: [] },
    ],
    [
      'a muted STUCK waits, its ALERT is cancelled all the same',
      { command: stuck, rows: [row({ ...ALERT, ...PENDING })], facts: { muted: true } },
      { action: 'wait', reason: 'muted', cancels: [{ id: 1, reason: 'escalated' }] },
    ],
    [
      'what was told as STUCK under another rule is not told again',
      { command: stuck, rows: [row({ dedupe_key: 'meter:1' })] },
      { action: 'skip', reason: 'already-notified' },
    ],
    [
      'another command of the meter has messages of its own',
      { command: stuck, rows: [row(OTHER)] },
      { action: 'tell', reason: 'due' },
    ],
  ])('%s', (_, given, expected) => {
    expect(decided({ once: 'status', ...given })).toMatchObject(expected);
  });
});
