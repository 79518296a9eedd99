import { describe, expect, test } from 'vitest';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { ScanResult } from './result.ts';
import {
  configWith,
  DAY,
  HOUR,
  lost,
  MINUTE,
  RecordingChannel,
  refused,
  type World,
  world,
} from './testing.ts';

const broken = new RcError({
  code: 'ERR_RC_BROKEN',
  message: 'Cut off.',
  hint: 'Again.',
  exitCode: ExitCode.DATAERR,
});

test('a late meter is told once; the next scan finds it told and starts nothing', async () => {
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
  w.source.rows = w.source.rows.slice(0, 2);
  const second = await w.scan();
  expect(second.counts).toMatchObject({ sent: 0, alreadyNotified: 2, due: 0, cleared: 0 });
  expect(w.channel.connects).toBe(1);
  expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
});

test('nothing late: nothing is connected to', async () => {
  const w = world();
  w.channel.keepAliveMs = 7 * DAY;
  w.source.rows = [w.row('1', MINUTE)];
  expect((await w.scan()).exitCode).toBe(0);
  expect(w.channel.connects).toBe(0);
});

test('where the caps allow no message, nothing is connected to and what is due waits', async () => {
  const w = world({ pace: { perDay: 1 } });
  w.source.rows = [w.row('1'), w.row('2')];
  await w.scan();
  const { counts, exitCode } = await w.scan();
  expect(w.channel.connects).toBe(1);
  expect({ counts, exitCode }).toMatchObject({ counts: { pending: 1, sent: 0 }, exitCode: 0 });
  expect(w.rows().map((row) => row.reason)).toEqual(['due', 'over-limit']);
});

test('a link not used for keepAlive is used, with nothing to send', async () => {
  const w = world();
  w.channel.keepAliveMs = 7 * DAY;
  w.source.rows = [w.row('1')];
  await w.scan();
  w.clock.advance(6 * DAY);
  await w.scan();
  expect(w.channel.connects).toBe(1);
  w.clock.advance(DAY + 1);
  await w.scan();
  expect(w.channel.connects).toBe(2);
  await w.scan();
  expect(w.channel.connects).toBe(2);
});

test('a waiting row that went over to another command leaves the first one its key, when the rule is changed', async () => {
  const w = world({ rules: { once: 'command' }, groups: { default: null, byNocs: {} } });
  const first = w.row('7', 3 * HOUR, { commandId: 'C1' });
  const older = w.row('7', 5 * HOUR, { commandId: 'C2' });
  w.source.rows = [first];
  await w.scan();
  w.config = configWith({ rules: { once: 'meter' }, groups: { default: null, byNocs: {} } });
  w.source.rows = [first, older];
  await w.scan();
  w.config = configWith({ rules: { once: 'command' } });
  const { errors } = await w.scan();
  expect(errors).toEqual([]);
  expect(w.rows().map((row) => [row.command_id, row.send_status])).toEqual([
    ['C2', 'sent'],
    ['C1', 'sent'],
  ]);
});

describe('what is not told', () => {
  test('a muted meter or office waits, is counted, and is told when the mute is over', async () => {
    const w = world();
    const mute = w.database.prepare(
      `INSERT INTO mutes (kind, name, until, created_by, created_at) VALUES (?, ?, ?, 'karim', '2025')`,
    );
    mute.run('meter', '1', new Date(w.clock.now().getTime() + HOUR).toISOString());
    mute.run('nocs', ' nocs-2', new Date(w.clock.now().getTime() + HOUR).toISOString());
    w.source.rows = [w.row('1'), w.row('2', 3 * HOUR, { nocsName: 'NOCS-2' })];
    expect(await w.scan()).toMatchObject({ exitCode: 0, counts: { muted: 2, pending: 2, sent: 0, due: 0 } });
    expect(w.channel.connects).toBe(0);
    w.clock.advance(HOUR);
    expect((await w.scan()).counts).toMatchObject({ muted: 0, sent: 2 });
  });

  test('a command the ledger never held is too old after a week; one that was released is told again', async () => {
    const w = world();
    w.source.rows = [w.row('1', 6 * DAY), w.row('2', 8 * DAY)];
    expect((await w.scan()).counts).toMatchObject({ sent: 1, tooOld: 1 });
    w.database.prepare(`UPDATE whatsapp_notifications SET released_at = '2025'`).run();
    w.clock.advance(2 * DAY);
    w.source.rows = [w.row('1', 8 * DAY), w.row('2', 10 * DAY)];
    expect((await w.scan()).counts).toMatchObject({ sent: 1, tooOld: 1 });
    expect(w.channel.told()).toEqual(['1 STUCK', '1 STUCK']);
  });

  test('without a group and a default one it waits, exit 1', async () => {
    const w = world({ groups: { default: null } });
    w.source.rows = [w.row('1', 3 * HOUR, { nocsName: null })];
    expect(await w.scan()).toMatchObject({ exitCode: ExitCode.FAILED, counts: { noGroup: 1, pending: 1 } });
    expect(w.log.warnings.join()).toContain('late meters wait: (empty)');
  });

  test('offices outside the pilot are left alone without a row, and do not stand before one inside', async () => {
    const w = world({ rules: { onlyNocs: ['NOCS-1'] } });
    const outside = { nocsName: 'NOCS-2' };
    w.source.rows = [w.row('1', 9 * HOUR, outside), w.row('1'), w.row('2', 9 * HOUR, outside)];
    const { explanations } = await w.scan({ explain: true });
    expect(explanations.map(({ meterNumber, reason }) => [meterNumber, reason])).toEqual([
      ['1', 'not-in-pilot'],
      ['1', 'due'],
      ['2', 'not-in-pilot'],
    ]);
    expect(w.rows()).toHaveLength(1);
  });

  test('too old when first read, but not when it waits already', async () => {
    const w = world({ groups: { default: null, byNocs: {} } });
    w.source.rows = [w.row('1', 7 * DAY), w.row('2', 7 * DAY + 1)];
    expect((await w.scan()).counts).toMatchObject({ tooOld: 1, stuck: 1, pending: 1 });
    w.clock.advance(DAY);
    w.config = { ...w.config, groups: { default: 'default@g.us', byNocs: {} } };
    expect((await w.scan()).counts).toMatchObject({ tooOld: 1, sent: 1 });
    expect(w.channel.told()).toEqual(['1 STUCK']);
  });

  test('a meter late again with another command is counted, never silent', async () => {
    const w = world();
    w.source.rows = [w.row('1')];
    await w.scan();
    w.source.rows = [w.row('1', 3 * HOUR, { commandId: 'C-new' })];
    const { counts, explanations } = await w.scan({ explain: true });
    expect(counts).toMatchObject({ toldForEarlierCommand: 1, alreadyNotified: 0, sent: 0 });
    expect(explanations[0]?.reason).toBe('told-for-earlier-command');
  });

  test('of several rows of one meter the oldest is told', async () => {
    const w = world();
    w.source.rows = [w.row('1', 90 * MINUTE, { commandId: 'B' }), w.row('1', 3 * HOUR, { commandId: 'A' })];
    expect((await w.scan()).counts).toMatchObject({ duplicate: 1, stuck: 1, alert: 0, sent: 1 });
    expect(w.only('1').command_id).toBe('A');
  });
});

describe('clearing', () => {
  async function waiting(): Promise<World> {
    const w = world({ pace: { perScan: 1 } });
    w.source.rows = [w.row('1', 4 * HOUR), w.row('2')];
    await w.scan();
    w.source.rows = [w.row('3', MINUTE)];
    return w;
  }

  test('what ended is cleared; what waited is cancelled, released and never sent', async () => {
    const w = await waiting();
    expect((await w.scan()).counts).toMatchObject({ cleared: 2, cancelled: 1, pending: 0, sent: 0 });
    const now = w.clock.now().toISOString();
    expect(w.only('1')).toMatchObject({ send_status: 'sent', cleared_at: now, released_at: null });
    expect(w.only('2')).toMatchObject({ send_status: 'cancelled', cleared_at: now, released_at: now });
    await w.scan();
    expect(w.channel.told()).toEqual(['1 STUCK']);
  });

  test.each([
    ['--nocs', { onlyNocs: ['NOCS-1'] }],
    ['--limit', { limit: 5 }],
    ['--source', { configuredSource: false }],
    ['--dry-run', { dryRun: true }],
  ])('never after a read with %s', async (_, options) => {
    const w = await waiting();
    expect((await w.scan(options)).counts).toMatchObject({ cleared: 0, cancelled: 0, pending: 1 });
  });

  test('nor after a read that broke off', async () => {
    const w = await waiting();
    w.source.failure = { after: 1, error: broken };
    expect(await w.scan()).toMatchObject({
      exitCode: ExitCode.DATAERR,
      counts: { cleared: 0, cancelled: 0 },
    });
  });

  test('nor after a read without a usable row (65)', async () => {
    const w = await waiting();
    w.source.rows = [w.row('', HOUR), w.row('', HOUR)];
    const { exitCode, counts } = await w.scan();
    expect([exitCode, counts.cleared, counts.pending]).toEqual([ExitCode.DATAERR, 0, 1]);
  });

  test('--nocs of an office nobody names is warned of', async () => {
    const w = world();
    w.source.rows = [w.row('1', MINUTE, { nocsName: 'NOCS-2' })];
    await w.scan({ onlyNocs: ['nocs-1', ' NOCS-2', 'NOCS-12'] });
    expect(w.log.warnings).toEqual(['--nocs NOCS-12 is neither in the source nor under groups.byNocs.']);
  });

  test('--nocs of an office without late meters is no unusable source', async () => {
    const w = world();
    w.source.rows = [w.row('1'), w.row('', HOUR)];
    expect(await w.scan({ onlyNocs: ['NOCS-7'] })).toMatchObject({
      exitCode: 0,
      counts: { checked: 1, invalid: 1 },
    });
  });

  test('not the meter whose row was invalid this time', async () => {
    const w = await waiting();
    w.source.rows.push(w.row('2', HOUR, { triggeredAt: 'yesterday' }));
    expect((await w.scan()).counts).toMatchObject({ cleared: 1, cancelled: 0, pending: 1, invalid: 1 });
  });

  test('a told command that is back is open again, and still told', async () => {
    const w = await waiting();
    await w.scan();
    w.source.rows = [w.row('1', 4 * HOUR)];
    expect((await w.scan()).counts).toMatchObject({ alreadyNotified: 1, sent: 0 });
    expect(w.only('1').cleared_at).toBeNull();
  });

  test('a cancelled one that is back is told', async () => {
    const w = await waiting();
    await w.scan();
    w.source.rows = [w.row('2', 4 * HOUR)];
    expect((await w.scan()).counts.sent).toBe(1);
    expect(w.channel.told()).toEqual(['1 STUCK', '2 STUCK']);
  });

  test('when most vanish at once nothing is cleared until a second complete read confirms it', async () => {
    const w = world();
    const meters = Array.from({ length: 12 }, (_, index) => String(index));
    w.source.rows = meters.map((meter) => w.row(meter));
    await w.scan();
    w.source.rows = w.source.rows.slice(0, 5);
    expect((await w.scan()).counts.cleared).toBe(0);
    expect(w.log.warnings.join()).toContain('7 of 12 open commands vanished at once');
    w.source.failure = { after: 5, error: broken };
    expect((await w.scan()).counts.cleared).toBe(0);
    w.source.failure = null;
    expect((await w.scan()).counts.cleared).toBe(7);
  });
});

describe('where the source knows outcomes', () => {
  async function waitingFor(once: 'meter' | 'command'): Promise<World> {
    const w = world({ rules: { once }, groups: { byNocs: {}, default: null } });
    w.source.rows = [w.row('1')];
    await w.scan();
    w.config = { ...w.config, groups: { byNocs: {}, default: 'default@g.us' } };
    return w;
  }

  test('a completed command is cancelled', async () => {
    const w = await waitingFor('meter');
    w.source.rows = [w.row('1', 3 * HOUR, { outcome: 'COMPLETED' })];
    expect((await w.scan()).counts).toMatchObject({ cancelled: 1, sent: 0, normal: 1 });
    expect(w.only('1').outcome).toBe('completed');
  });

  test('a discarded one is still told, once, then cleared', async () => {
    const w = await waitingFor('meter');
    w.source.rows = [];
    w.source.outcomes = async (ids) => new Map(ids.map((id) => [id, 'discarded']));
    expect((await w.scan()).counts).toMatchObject({ cancelled: 0, sent: 1 });
    expect((await w.scan()).counts).toMatchObject({ cleared: 1, sent: 0 });
    expect(w.only('1')).toMatchObject({ send_status: 'sent', outcome: 'discarded' });
  });

  test('a discarded command is told although another one of its meter is listed as ended', async () => {
    const w = await waitingFor('command');
    w.source.rows = [w.row('1', 3 * HOUR, { commandId: 'C-2', outcome: 'completed' })];
    w.source.outcomes = async (ids) => new Map(ids.map((id) => [id, 'discarded']));
    expect((await w.scan()).counts).toMatchObject({ sent: 1 });
  });

  test('one that stalled is still told, once, and stays open', async () => {
    const w = await waitingFor('meter');
    w.source.rows = [];
    w.source.outcomes = async (ids) => new Map(ids.map((id) => [id, 'stalled']));
    expect((await w.scan()).counts).toMatchObject({ checked: 1, cancelled: 0, sent: 1 });
    expect((await w.scan()).counts).toMatchObject({ checked: 0, cleared: 0, sent: 0 });
    expect(w.channel.told()).toEqual(['1 STUCK']);
    expect(w.only('1')).toMatchObject({ send_status: 'sent', outcome: null, cleared_at: null });
    expect(w.log.warnings.join()).toMatch(/1 open commands are neither .*STATUS_COMPLETED, STATUS_DISCARDED/);
  });

  test('one that stalled and is older than the look-back is told too, and then no longer asked for', async () => {
    const w = await waitingFor('meter');
    w.source.rows = [];
    w.source.lookbackMs = HOUR;
    w.source.outcomes = async (ids) => new Map(ids.map((id) => [id, 'stalled']));
    expect((await w.scan()).counts.sent).toBe(1);
    w.source.outcomes = () => Promise.reject(broken);
    expect((await w.scan()).errors).toEqual([]);
  });

  test('one that stalled with its message of unknown fate is asked for until it ends, however old it is', async () => {
    const w = world();
    w.channel.honoursIds = false;
    w.channel.orders.push(lost);
    w.source.rows = [w.row('1')];
    w.source.lookbackMs = 8 * DAY;
    await w.scan();
    w.source.rows = [];
    w.source.outcomes = async (ids) => new Map(ids.map((id) => [id, 'stalled']));
    w.clock.advance(10 * DAY);
    expect((await w.scan()).exitCode).toBe(ExitCode.UNKNOWN_FATE);
    w.source.outcomes = async (ids) => new Map(ids.map((id) => [id, 'completed']));
    expect((await w.scan()).exitCode).toBe(0);
    expect(w.only('1').cleared_at).not.toBeNull();
  });

  test('where they can not be asked, nothing is cleared, and the scan says so', async () => {
    const w = await waitingFor('meter');
    w.source.rows = [];
    w.source.outcomes = () => Promise.reject(broken);
    const { counts, errors, exitCode } = await w.scan();
    expect(counts).toMatchObject({ cleared: 0, cancelled: 0, pending: 1 });
    expect(errors[0]).toMatchObject({ code: broken.code, hint: broken.hint });
    expect(errors[0]?.message).toMatch(
      /^How ended commands ended is not known \(.*\); nothing was cleared\.$/,
    );
    expect(exitCode).toBe(ExitCode.UNAVAILABLE);
    expect(w.log.warnings.join()).not.toContain('How ended commands');
  });

  test('where the scan is stopped while they are asked for, it is only said to be stopped', async () => {
    const w = await waitingFor('meter');
    w.source.rows = [];
    const stop = new AbortController();
    w.source.outcomes = () => {
      stop.abort();
      return Promise.reject(broken);
    };
    const { counts, errors } = await w.scan({}, { stop: stop.signal });
    expect(counts).toMatchObject({ cleared: 0, cancelled: 0, pending: 1 });
    expect(errors.map(({ code }) => code)).toEqual(['ERR_RC_STOPPED', 'ERR_RC_NO_GROUP']);
  });
});

describe('a baseline', () => {
  test('records what is late as told, without sending', async () => {
    const w = world();
    w.source.rows = [w.row('1'), w.row('2', MINUTE)];
    const { notifications, counts } = await w.scan({ baseline: true });
    expect(counts).toMatchObject({ sent: 0, pending: 0 });
    expect(notifications).toMatchObject([{ meterNumber: '1', sendStatus: 'sent', reason: 'baseline' }]);
    expect(w.only('1')).toMatchObject({ channel: 'none', sent_at: null, send_status: 'sent' });
    expect((await w.scan()).counts).toMatchObject({ sent: 0, alreadyNotified: 1 });
    expect(w.channel.connects).toBe(0);
  });

  test('includes what waits, for a group, the end of a mute or another attempt', async () => {
    const w = world({ groups: { default: null } });
    w.channel.orders.push(refused);
    w.source.rows = [w.row('1'), w.row('2', 3 * HOUR, { nocsName: 'NOCS-9' })];
    await w.scan();
    await w.scan({ baseline: true });
    expect(w.rows().map((row) => [row.send_status, row.reason, row.next_attempt_at, row.error])).toEqual([
      ['sent', 'baseline', null, null],
      ['sent', 'baseline', null, null],
    ]);
    w.clock.advance(DAY);
    expect((await w.scan()).counts).toMatchObject({ sent: 0, failed: 0, alreadyNotified: 2 });
  });

  test('includes what was given up, without a second row for another command of its meter', async () => {
    const w = world({ rules: { maxAttempts: 1 } });
    w.channel.orders.push(refused);
    w.source.rows = [w.row('1', 4 * HOUR, { commandId: 'C1' })];
    expect((await w.scan()).refused).toEqual({ retrying: 0, givenUp: 1 });
    w.source.rows.push(w.row('1', 3 * HOUR, { commandId: 'C2' }));
    const { errors, refused: left, counts } = await w.scan({ baseline: true });
    expect([errors, left, counts.duplicate]).toEqual([[], { retrying: 0, givenUp: 0 }, 1]);
    expect(w.only('1')).toMatchObject({ send_status: 'sent', reason: 'baseline', error: null });
    expect((await w.scan()).counts).toMatchObject({ alreadyNotified: 1, toldForEarlierCommand: 0, sent: 0 });
  });
});

test('a dry run tells everything and writes nothing', async () => {
  const w = world({ groups: { default: null } });
  w.source.rows = [w.row('1'), w.row('2', 3 * HOUR, { nocsName: 'NOCS-9' })];
  const { notifications, messages, scan } = await w.scan({ dryRun: true });
  expect(notifications.map(({ sendStatus, reason }) => [sendStatus, reason])).toEqual([
    [null, 'due'],
    [null, 'no-group'],
  ]);
  expect(messages).toHaveLength(1);
  expect([scan.id, w.rows().length, w.channel.connects]).toEqual([null, 0, 0]);
  expect(w.database.prepare('SELECT COUNT(*) FROM scans').pluck().get()).toBe(0);
});

test('a rehearsal on the terminal never makes WhatsApp silent, nor the other way', async () => {
  const w = world();
  const whatsapp = w.channel;
  w.channel = new RecordingChannel('terminal', w.clock);
  w.channel.account = null;
  w.source.rows = [w.row('1')];
  await w.scan();
  expect(w.channel.told()).toEqual(['1 STUCK']);
  w.channel = whatsapp;
  expect((await w.scan()).counts).toMatchObject({ sent: 1, alreadyNotified: 0 });
  expect(w.rows().map(({ dedupe_key }) => dedupe_key)).toEqual(['terminal:meter:1', 'meter:1']);
  w.source.rows = [];
  expect((await w.scan()).counts.cleared).toBe(1);
  expect(w.rows().map(({ cleared_at }) => cleared_at === null)).toEqual([true, false]);
});

test('retention blanks customer, balance and text, and keeps meter, key and times', async () => {
  const w = world({ state: { retention: 90 * DAY } });
  w.source.rows = [w.row('1')];
  await w.scan();
  const before = w.only('1');
  w.source.rows = [];
  w.clock.advance(90 * DAY);
  await w.scan();
  expect(w.only('1')).toMatchObject({ customer_id: 'CUST123', balance: '10.00', message: before.message });
  w.clock.advance(1);
  await w.scan();
  expect(w.only('1')).toEqual({ ...w.only('1'), customer_id: null, balance: null, message: null });
  const { meter_number, dedupe_key, created_at, sent_at, triggered_at } = before;
  expect(w.only('1')).toMatchObject({ meter_number, dedupe_key, created_at, sent_at, triggered_at });
  expect(w.database.prepare('SELECT text FROM messages').pluck().all()).toEqual([null]);
  w.source.rows = [w.row('1')];
  expect((await w.scan()).counts.sent).toBe(0);
});

test('retention counts from when a message was sent, however long its row had waited', async () => {
  const w = world({ groups: { default: null }, rules: { ignoreAfter: 365 * DAY } });
  const late = () => [w.row('1', 3 * HOUR, { nocsName: 'NOCS-9', triggeredAt: '2025-01-01T00:00:00.000Z' })];
  w.source.rows = late();
  await w.scan();
  w.clock.advance(91 * DAY);
  w.config = { ...w.config, groups: { default: 'default@g.us', byNocs: {} } };
  expect((await w.scan()).counts.sent).toBe(1);
  expect(w.only('1')).toMatchObject({ customer_id: 'CUST123', balance: '10.00' });
  expect(w.only('1').message).not.toBeNull();
  w.clock.advance(91 * DAY);
  await w.scan();
  expect(w.only('1')).toMatchObject({ customer_id: null, balance: null, message: null });
});

test('retention leaves what is to be tried again as it is', async () => {
  const w = world({ rules: { ignoreAfter: 365 * DAY } });
  w.channel.orders.push(refused);
  w.source.rows = [w.row('1')];
  await w.scan();
  w.database.prepare(`UPDATE whatsapp_notifications SET created_at = '2024', updated_at = '2024'`).run();
  w.source.failure = { after: 0, error: broken };
  await w.scan();
  expect(w.only('1')).toMatchObject({ send_status: 'failed', customer_id: 'CUST123', balance: '10.00' });
});

test('retention leaves what is not settled as it is', async () => {
  const w = world({ groups: { default: null } });
  w.channel.orders.push(lost);
  w.source.rows = [w.row('1'), w.row('2', 3 * HOUR, { nocsName: 'NOCS-9' })];
  await w.scan();
  w.clock.advance(91 * DAY);
  w.source.failure = { after: 0, error: broken };
  await w.scan();
  expect(w.rows().map(({ customer_id }) => customer_id)).toEqual(['CUST123', 'CUST123']);
  expect(w.only('1').message).not.toBeNull();
});

test('on another machine than the last scan: 78 before anything is read', async () => {
  const w = world();
  w.source.rows = [w.row('1')];
  await w.scan();
  await expect(w.scan({ machineId: 'machine-2' })).rejects.toMatchObject({ exitCode: ExitCode.CONFIG });
});

test('a clock more than five minutes before the last end: warned, nothing sent', async () => {
  const w = world();
  await w.scan();
  w.clock.advance(-5 * MINUTE - 1);
  w.source.rows = [w.row('1')];
  expect((await w.scan()).counts).toMatchObject({ sent: 0, pending: 1 });
  expect(w.log.warnings.join()).toContain("before the last scan's end");
  expect(w.channel.connects).toBe(0);
});

test('five minutes are taken for a clock that was set', async () => {
  const w = world();
  await w.scan();
  w.clock.advance(-5 * MINUTE);
  w.source.rows = [w.row('1')];
  expect((await w.scan()).counts.sent).toBe(1);
});

describe('once: status', () => {
  test('a pending STUCK is never told as an ALERT, whatever its age reads later', async () => {
    const w = world({ rules: { once: 'status' }, groups: { default: null, byNocs: {} } });
    w.source.rows = [w.row('1', 2 * HOUR)];
    await w.scan();
    w.config = { ...w.config, groups: { default: 'default@g.us', byNocs: {} } };
    w.source.rows = [w.row('1', 2 * HOUR - 1)];
    await w.scan();
    expect(w.channel.told()).toEqual(['1 STUCK']);
  });

  test('ALERT, then STUCK, each once; a pending ALERT is cancelled as escalated', async () => {
    const w = world({ rules: { once: 'status' }, pace: { perScan: 1 } });
    w.source.rows = [w.row('1', 90 * MINUTE), w.row('2', 80 * MINUTE)];
    await w.scan();
    w.clock.advance(HOUR);
    expect((await w.scan()).counts).toMatchObject({ cancelled: 1, sent: 1 });
    await w.scan();
    await w.scan();
    expect(w.channel.told()).toEqual(['1 ALERT', '1 STUCK', '2 STUCK']);
    expect(w.rows().find((row) => row.send_status === 'cancelled')).toMatchObject({
      meter_number: '2',
      reason: 'escalated',
      duration_status: 'ALERT',
    });
  });
});

test('a key that another meter holds is an error, never passed over in silence', async () => {
  const w = world({ rules: { once: 'command' } });
  w.source.rows = [w.row('1', 3 * HOUR, { commandId: '7' })];
  await w.scan();
  w.source.rows = [w.row('2', 3 * HOUR, { commandId: '7' })];
  const { counts, errors, exitCode } = await w.scan();
  expect(counts.sent).toBe(0);
  expect(exitCode).toBe(ExitCode.FAILED);
  expect(errors[0]?.message).toContain(
    'Meter 2 is late and was not told: another notification holds the key command:7',
  );
});

test('under command, one listed with its id and once more without is told once', async () => {
  const w = world({ rules: { once: 'command' } });
  const twin = w.row('1');
  w.source.rows = [twin, { ...twin, commandId: null }];
  expect((await w.scan()).counts).toMatchObject({ sent: 1, duplicate: 1, checked: 2 });
  expect(w.channel.told()).toEqual(['1 STUCK']);
});

describe('a clock that was wrong', () => {
  test('a scan that ran a month ahead does not hold up those after the correction', async () => {
    const w = world({ pace: { perGroupGap: 30_000, minGap: 8_000, maxGap: 8_000 } });
    w.clock.advance(30 * DAY);
    w.channel.orders.push(() => ({ status: 'sent', ack: 1 }), refused);
    w.source.rows = [w.row('1'), w.row('2')];
    await w.scan();
    w.clock.advance(-30 * DAY);
    w.source.rows = [w.row('1'), w.row('2'), w.row('3')];
    expect((await w.scan()).counts, 'this one only warns').toMatchObject({ sent: 0 });
    expect((await w.scan()).counts).toMatchObject({ sent: 2 });
  });
});

test('a discarded command the channel could not take is told later, also when it is listed no more', async () => {
  const w = world();
  w.channel.unreachable = broken;
  w.source.rows = [w.row('1', 3 * HOUR, { outcome: 'discarded' })];
  expect((await w.scan()).counts).toMatchObject({ sent: 0, pending: 1 });
  w.channel.unreachable = null;
  w.source.rows = [w.row('2', MINUTE)];
  const { counts } = await w.scan();
  expect(counts).toMatchObject({ sent: 1, cancelled: 0, checked: 2, normal: 1, stuck: 1 });
  expect(w.channel.told()).toEqual(['1 STUCK']);
});

test('commands beyond the look-back do not dilute the guard against a short read', async () => {
  const w = world();
  const old = Array.from({ length: 30 }, (_, index) => w.row(`old${index}`));
  w.source.rows = old;
  await w.scan();
  w.source.lookbackMs = 8 * DAY;
  w.clock.advance(9 * DAY);
  const current = Array.from({ length: 20 }, (_, index) => w.row(`new${index}`));
  w.source.rows = current;
  await w.scan();
  w.source.rows = [];
  expect((await w.scan()).counts.cleared).toBe(0);
  expect(w.log.warnings.join()).toContain('20 of 20 open commands vanished at once');
});

test('beside a younger command that was told, one too old for the ledger stays too old', async () => {
  const w = world();
  const both = () => [
    w.row('1', 8 * DAY, { commandId: 'old' }),
    w.row('1', 3 * HOUR, { commandId: 'young' }),
  ];
  w.source.rows = both();
  expect((await w.scan()).counts).toMatchObject({ tooOld: 1, stuck: 1, sent: 1 });
  w.source.rows = both();
  const { counts } = await w.scan();
  expect(counts).toMatchObject({
    tooOld: 1,
    stuck: 1,
    alreadyNotified: 1,
    toldForEarlierCommand: 0,
    duplicate: 0,
  });
});

test('what a limit leaves to a later scan is explained so, in a dry run as well', async () => {
  const w = world({ pace: { perScan: 1 } });
  w.source.rows = [w.row('1', 4 * HOUR), w.row('2', 3 * HOUR)];
  const reasons = (result: Awaited<ReturnType<World['scan']>>) =>
    result.explanations.map(({ reason }) => reason);
  const rehearsed = await w.scan({ dryRun: true, explain: true });
  expect(reasons(rehearsed)).toEqual(['due', 'over-limit']);
  expect(rehearsed.messages).toHaveLength(1);
  expect(rehearsed.notifications.map(({ reason }) => reason)).toEqual(['due', 'over-limit']);
  expect(reasons(await w.scan({ explain: true }))).toEqual(['due', 'over-limit']);
});

test('a signal while the source is read: 75, and nothing is said to wait that has no row', async () => {
  const w = world();
  const stop = new AbortController();
  w.source.read = async function* () {
    yield { fields: w.source.fields, rows: [] };
    stop.abort();
  };
  const { errors, exitCode } = await w.scan({}, { stop: stop.signal });
  expect(exitCode).toBe(ExitCode.TEMPFAIL);
  expect(errors.map(({ message }) => message)).toEqual(['Stopped by a signal before the work was done.']);
});

test('an ALERT that was given up is not missed once its command is told as STUCK', async () => {
  const w = world({ rules: { once: 'status', maxAttempts: 1 } });
  w.channel.orders.push(refused);
  w.source.rows = [w.row('1', 90 * MINUTE)];
  expect((await w.scan()).refused.givenUp).toBe(1);
  w.clock.advance(HOUR);
  w.source.rows = [w.row('1', 150 * MINUTE)];
  const { counts, refused: left } = await w.scan();
  expect([counts.sent, left.givenUp]).toEqual([1, 0]);
});

test('a dry run counts what the scan then leaves waiting', async () => {
  const w = world({ groups: { default: null }, pace: { perScan: 1 } });
  const elsewhere = { nocsName: 'NOCS-9' };
  w.channel.orders.push(refused);
  w.source.rows = [w.row('1'), w.row('2', 3 * HOUR, elsewhere)];
  await w.scan();
  w.database
    .prepare(`INSERT INTO mutes (kind, name, created_by, created_at) VALUES ('meter', '3', 'karim', '2025')`)
    .run();
  const later = ['1', '3', '4', '5'].map((meter) => w.row(meter));
  w.source.rows = [...later, ...['2', '6'].map((meter) => w.row(meter, 3 * HOUR, elsewhere))];
  const left = ({ counts: { pending, muted, noGroup, unknown }, refused: again }: ScanResult) => ({
    ...{ pending, muted, noGroup, unknown },
    ...again,
  });
  const foreseen = left(await w.scan({ dryRun: true }));
  expect(foreseen).toEqual({ pending: 4, muted: 1, noGroup: 2, unknown: 0, retrying: 1, givenUp: 0 });
  expect(left(await w.scan())).toEqual(foreseen);
});

test('a dry run exits as the scan does for a row without a group: not once its command ended, but where it is not read', async () => {
  const w = world({ groups: { default: null } });
  w.source.rows = [w.row('1', 3 * HOUR, { nocsName: 'NOCS-9' })];
  await w.scan();
  for (const dryRun of [true, false]) {
    const { counts, exitCode } = await w.scan({ dryRun, onlyNocs: ['NOCS-1'] });
    expect([counts.noGroup, exitCode]).toEqual([1, ExitCode.FAILED]);
  }
  w.source.rows = [];
  for (const dryRun of [true, false]) {
    const { counts, exitCode } = await w.scan({ dryRun });
    expect([counts.noGroup, exitCode]).toEqual([0, ExitCode.OK]);
  }
});

test('a row without a group, of an office that a pilot leaves alone, is no failure of the scan', async () => {
  const w = world({ groups: { default: null } });
  w.source.rows = [w.row('1', 3 * HOUR, { nocsName: 'NOCS-9' })];
  expect((await w.scan()).exitCode).toBe(ExitCode.FAILED);
  w.config = { ...w.config, rules: { ...w.config.rules, onlyNocs: ['NOCS-1'] } };
  for (const dryRun of [true, false]) {
    expect(await w.scan({ dryRun })).toMatchObject({ exitCode: 0, counts: { noGroup: 0, pending: 1 } });
  }
  w.config = { ...w.config, rules: { ...w.config.rules, onlyNocs: [' nocs-9'] } };
  expect((await w.scan({ dryRun: true })).counts.noGroup).toBe(1);
  expect((await w.scan()).exitCode).toBe(ExitCode.FAILED);
});

test('one command id on two meters: one is told, and that the other is not is an error, in one scan as in two', async () => {
  const together = world({ rules: { once: 'command' } });
  const row = (w: World, meter: string, hours: number) => w.row(meter, hours * HOUR, { commandId: 'C' });
  together.source.rows = [row(together, '1', 4), row(together, '2', 3)];
  const apart = world({ rules: { once: 'command' } });
  apart.source.rows = [row(apart, '1', 4)];
  await apart.scan();
  apart.source.rows.push(row(apart, '2', 3));
  for (const w of [together, apart]) {
    const { errors, counts, exitCode } = await w.scan();
    expect(errors.map(({ code, message }) => [code, message.slice(0, 7)])).toEqual([
      ['ERR_RC_KEY_TAKEN', 'Meter 2'],
    ]);
    expect([exitCode, counts.duplicate]).toEqual([ExitCode.FAILED, 0]);
    expect(w.channel.told()).toEqual(['1 STUCK']);
  }
});

test('a dry run says of a meter without a group what the scan would say', async () => {
  const w = world({ groups: { default: null } });
  w.source.rows = [w.row('1', 3 * HOUR, { nocsName: null })];
  const { counts, errors, exitCode } = await w.scan({ dryRun: true });
  expect(counts.noGroup).toBe(1);
  const why = 'no group that can be posted to.';
  expect(errors).toMatchObject([
    { code: 'ERR_RC_NO_GROUP', message: `1 late meter kept waiting: its office has ${why}` },
  ]);
  expect(exitCode).toBe(ExitCode.FAILED);
  w.source.rows.push(w.row('2', 3 * HOUR, { nocsName: null }));
  expect((await w.scan({ dryRun: true })).errors).toMatchObject([
    { message: `2 late meters kept waiting: their offices have ${why}` },
  ]);
});

test('under a cap the most urgent go first, although their group is still in its gap', async () => {
  const w = world({
    pace: { perScan: 2, perGroupGap: 60_000 },
    groups: { byNocs: { 'NOCS-2': 'second@g.us' } },
  });
  w.source.rows = [
    w.row('1', 9 * HOUR),
    w.row('2', 8 * HOUR),
    w.row('3', 90 * MINUTE, { nocsName: 'NOCS-2' }),
  ];
  await w.scan();
  expect(w.channel.told()).toEqual(['1 STUCK', '2 STUCK']);
});

test('asking how commands ended can not hold up the scan', async () => {
  const w = world();
  w.source.rows = [w.row('1')];
  await w.scan();
  w.source.rows = [];
  w.source.outcomes = () => new Promise(() => {});
  const { counts, errors } = await w.scan();
  expect(counts).toMatchObject({ cleared: 0 });
  expect(errors).toMatchObject([{ code: 'ERR_RC_DEADLINE' }]);
});

test('a scan that breaks off is recorded with its end, its code and what it did', async () => {
  const w = world({ rules: { once: 'command' } });
  w.source.fields = new Set(['meterNumber', 'nocsName', 'elapsedSeconds']);
  w.source.rows = [];
  const { exitCode, scan } = await w.scan();
  expect(exitCode).toBe(ExitCode.CONFIG);
  expect(scan.id).toBe(1);
  expect(w.database.prepare('SELECT exit_code, finished_at FROM scans').get()).toMatchObject({
    exit_code: ExitCode.CONFIG,
    finished_at: expect.any(String),
  });
});
