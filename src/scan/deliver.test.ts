import { describe, expect, test } from 'vitest';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import {
  DAY,
  DEFAULT_GROUP,
  HOUR,
  lost,
  MINUTE,
  OWN_GROUP,
  refused,
  START,
  toldBy,
  type World,
  world,
} from './testing.ts';

const TWO_OFFICES = { byNocs: { 'NOCS-1': OWN_GROUP, 'NOCS-2': 'second@g.us' } };

/** What arrived, in seconds since the first scan. */
function timetable({ channel }: World): [seconds: number, told: string][] {
  return channel.arrived.map(({ at, text }) => [
    (Date.parse(at) - Date.parse(START)) / 1000,
    toldBy(text).join(', '),
  ]);
}

describe('order and pace', () => {
  test('STUCK before ALERT, oldest first', async () => {
    const w = world();
    const ages = { '1': 90, '2': 130, '3': 110, '4': 500 };
    w.source.rows = Object.entries(ages).map(([meter, age]) => w.row(meter, age * MINUTE));
    await w.scan();
    expect(w.channel.told()).toEqual(['4 STUCK', '2 STUCK', '3 ALERT', '1 ALERT']);
  });

  test('one at a time with a gap, and a longer gap in one group; within a group the order stays', async () => {
    const w = world({ pace: { minGap: 8_000, maxGap: 16_000, perGroupGap: 30_000 }, groups: TWO_OFFICES });
    const second = { nocsName: 'nocs-2 ' };
    w.source.rows = [
      w.row('1', 6 * HOUR),
      w.row('2', 5 * HOUR),
      w.row('3', 4 * HOUR, second),
      w.row('4', 90 * MINUTE, second),
    ];
    await w.scan();
    expect(timetable(w)).toEqual([
      [0, '1 STUCK'],
      [12, '3 STUCK'],
      [30, '2 STUCK'],
      [42, '4 ALERT'],
    ]);
  });

  test('a digest above digestAbove, one message for all', async () => {
    const w = world({ pace: { digestAbove: 2 } });
    w.source.rows = ['1', '2', '3'].map((meter) => w.row(meter));
    const { counts } = await w.scan();
    expect(counts).toMatchObject({ sent: 3, messagesSent: 1 });
    expect(new Set(w.rows().map(({ message_id, message }) => `${message_id} ${message}`)).size).toBe(1);
  });

  test('perScan, then the rest in the next scans, saying so meanwhile', async () => {
    const w = world({ pace: { perScan: 2 } });
    w.source.rows = ['1', '2', '3', '4', '5'].map((meter, index) => w.row(meter, 9 * HOUR - index * HOUR));
    const first = await w.scan();
    expect(first.counts).toMatchObject({ due: 5, sent: 2, pending: 3 });
    expect(first.exitCode).toBe(0);
    expect(w.rows().map(({ reason }) => reason)).toEqual([
      'due',
      'due',
      'over-limit',
      'over-limit',
      'over-limit',
    ]);
    await w.scan();
    expect((await w.scan()).counts).toMatchObject({ sent: 1, pending: 0, alreadyNotified: 4 });
    expect(w.channel.told()).toEqual(['1', '2', '3', '4', '5'].map((meter) => `${meter} STUCK`));
  });

  test('--limit counts messages', async () => {
    const w = world();
    w.source.rows = ['1', '2', '3'].map((meter) => w.row(meter));
    expect((await w.scan({ limit: 2 })).counts).toMatchObject({ sent: 2, pending: 1 });
  });

  test('perDay holds over scans and opens again after 24 hours', async () => {
    const w = world({ pace: { perDay: 3 } });
    w.source.rows = ['1', '2'].map((meter) => w.row(meter));
    expect((await w.scan()).counts.sent).toBe(2);
    w.clock.advance(HOUR);
    w.source.rows.push(w.row('3'), w.row('4'), w.row('5'));
    expect((await w.scan()).counts).toMatchObject({ sent: 1, pending: 2 });
    w.clock.advance(DAY - HOUR - 1);
    expect((await w.scan()).counts.sent).toBe(0);
    w.clock.advance(1);
    expect((await w.scan()).counts.sent).toBe(2);
  });

  test('an ALERT fills the time a STUCK one waits for its group, but does not make it wait longer', async () => {
    for (const [perGroupGap, expected] of [
      [
        30_000,
        [
          [0, '1 STUCK'],
          [5, '3 ALERT'],
          [30, '2 STUCK'],
        ],
      ],
      [
        6_000,
        [
          [0, '1 STUCK'],
          [6, '2 STUCK'],
          [11, '3 ALERT'],
        ],
      ],
    ] as const) {
      const w = world({ groups: TWO_OFFICES, pace: { minGap: 5_000, maxGap: 5_000, perGroupGap } });
      w.source.rows = [
        w.row('1', 5 * HOUR, { nocsName: 'NOCS-1' }),
        w.row('2', 4 * HOUR, { nocsName: 'NOCS-1' }),
        w.row('3', 90 * MINUTE, { nocsName: 'NOCS-2' }),
      ];
      await w.scan();
      expect(timetable(w)).toEqual(expected);
    }
  });

  test('no send starts unless ackTimeout and 30 seconds of the deadline remain', async () => {
    const pace = { minGap: 60_000, maxGap: 60_000, deadline: 4 * MINUTE };
    const w = world({ pace, whatsapp: { ackTimeout: 90_000 } });
    w.source.rows = ['1', '2', '3', '4'].map((meter) => w.row(meter));
    const { counts } = await w.scan();
    expect(timetable(w).map(([seconds]) => seconds)).toEqual([0, 60, 120]);
    expect(counts).toMatchObject({ sent: 3, pending: 1 });
    expect(w.only('4').reason).toBe('over-limit');
  });

  test('the deadline counts from process start', async () => {
    const w = world({ pace: { deadline: 4 * MINUTE } });
    w.source.rows = [w.row('1')];
    const startedAt = new Date(w.clock.now().getTime() - 2 * MINUTE - 1);
    expect((await w.scan({ startedAt })).counts).toMatchObject({ sent: 0, pending: 1 });
  });
});

describe('a refused message', () => {
  test('is tried again after 15 minutes, 30, an hour and two, with a new id and the text of the day', async () => {
    const w = world();
    w.channel.orders.push(refused, refused, refused, refused, refused);
    w.source.rows = [w.row('1', 90 * MINUTE)];
    for (const wait of [15, 30, 60, 120]) {
      const { counts, exitCode } = await w.scan();
      expect([counts.failed, exitCode]).toEqual([1, 0]);
      const next = new Date(w.clock.now().getTime() + wait * MINUTE).toISOString();
      expect(w.only('1')).toMatchObject({ send_status: 'failed', next_attempt_at: next, error: 'refused' });
      w.clock.advance(wait * MINUTE - 1);
      expect((await w.scan()).counts).toMatchObject({ failed: 0, due: 0 });
      w.clock.advance(1);
    }
    const last = await w.scan();
    expect(last).toMatchObject({ exitCode: ExitCode.FAILED, counts: { failed: 1 } });
    expect(w.only('1')).toMatchObject({ send_status: 'failed', next_attempt_at: null, attempts: 5 });
    w.clock.advance(DAY);
    expect(await w.scan()).toMatchObject({ exitCode: 0, counts: { failed: 0, sent: 0 } });
    expect(new Set(w.channel.handed.map(({ id }) => id)).size).toBe(5);
    expect(w.channel.handed.map(({ text }) => text.split(' ')[1])).toEqual([
      'ALERT',
      'ALERT',
      ...Array(3).fill('STUCK'),
    ]);
  });

  test('that the channel could not take at all never uses up its attempts', async () => {
    const w = world({ rules: { maxAttempts: 1 } });
    const stop = new RcError({
      code: 'ERR_RC_TEST',
      message: 'The page has changed.',
      hint: 'None.',
      exitCode: ExitCode.UNAVAILABLE,
    });
    w.channel.orders.push(() => ({ status: 'failed', ack: null, error: 'not taken', stop }));
    w.source.rows = [w.row('1')];
    expect(await w.scan()).toMatchObject({ exitCode: ExitCode.UNAVAILABLE, counts: { failed: 1 } });
    w.channel.orders.push(refused);
    w.clock.advance(15 * MINUTE);
    expect(await w.scan()).toMatchObject({ exitCode: ExitCode.FAILED, counts: { failed: 1 } });
    expect(w.only('1')).toMatchObject({ attempts: 1, next_attempt_at: null });
  });

  test('by three groups in a row ends the scan where more would follow, and only there', async () => {
    const byNocs = Object.fromEntries([1, 2, 3, 4].map((office) => [`NOCS-${office}`, `${office}@g.us`]));
    for (const [offices, exitCode] of [
      [3, 0],
      [4, ExitCode.UNAVAILABLE],
    ] as const) {
      const w = world({ groups: { byNocs } });
      w.channel.orders.push(refused, refused, refused);
      w.source.rows = Array.from({ length: offices }, (_, index) =>
        w.row(`${index}`, 9 * HOUR - index * MINUTE, { nocsName: `NOCS-${index + 1}` }),
      );
      expect(await w.scan()).toMatchObject({
        exitCode,
        counts: { failed: 3, sent: 0, pending: offices - 3 },
      });
    }
  });

  test('that the channel could not take lets another one go first next time', async () => {
    const w = world();
    const stop = new RcError({ code: 'ERR_RC_TEST', message: 'Broken.', hint: 'None.', exitCode: 69 });
    w.channel.orders.push(() => ({ status: 'failed', ack: null, error: 'not taken', stop }));
    w.source.rows = [w.row('1', 5 * HOUR), w.row('2', 4 * HOUR)];
    await w.scan();
    w.clock.advance(14 * MINUTE);
    expect((await w.scan()).counts).toMatchObject({ sent: 1, failed: 0 });
    w.clock.advance(MINUTE);
    await w.scan();
    expect(w.channel.told()).toEqual(['2 STUCK', '1 STUCK']);
  });

  test('for good, is told after all when the meter is late with another command', async () => {
    const w = world({ rules: { maxAttempts: 1 } });
    w.channel.orders.push(refused);
    w.source.rows = [w.row('1')];
    await w.scan();
    w.source.rows = [w.row('1', 2 * HOUR, { commandId: 'C-2' })];
    expect((await w.scan()).counts.sent).toBe(1);
    expect(w.rows().map((row) => [row.send_status, row.reason, row.released_at === null])).toEqual([
      ['failed', 'due', false],
      ['sent', 'retry-new-command', true],
    ]);
  });

  test('for good, does not keep a second command of the meter untold while the first is in progress', async () => {
    const w = world({ rules: { maxAttempts: 1 } });
    w.channel.orders.push(refused);
    w.source.rows = [w.row('1')];
    await w.scan();
    w.source.rows.push(w.row('1', 2 * HOUR, { commandId: 'C-2' }));
    expect((await w.scan()).counts).toMatchObject({ sent: 1, stuck: 2, duplicate: 0 });
    expect((await w.scan()).counts).toMatchObject({ sent: 0, toldForEarlierCommand: 1, duplicate: 1 });
  });

  test('a connection that never came up is no attempt', async () => {
    const w = world();
    w.source.rows = [w.row('1')];
    w.channel.unreachable = new RcError({
      code: 'ERR_RC_DOWN',
      message: 'Down.',
      hint: 'Wait.',
      exitCode: ExitCode.UNAVAILABLE,
    });
    const { exitCode, counts } = await w.scan();
    expect([exitCode, counts.pending]).toEqual([ExitCode.UNAVAILABLE, 1]);
    expect(w.only('1')).toMatchObject({ send_status: 'pending', attempts: 0, message_id: null });
    w.channel.unreachable = null;
    expect((await w.scan()).counts.sent).toBe(1);
  });
});

test('after a message without an ack no further one goes out, and the others wait', async () => {
  const w = world();
  w.channel.orders.push(() => new Promise(() => {}));
  w.source.rows = [w.row('1', 4 * HOUR), w.row('2')];
  const { exitCode, counts } = await w.scan();
  expect(counts).toMatchObject({ sent: 0, unknown: 1, pending: 1 });
  expect(exitCode).toBe(ExitCode.UNAVAILABLE);
  expect(w.channel.handed).toHaveLength(1);
});

describe('a group that can not be posted to', () => {
  test('is told in the default group, with the reason recorded on each row', async () => {
    const w = world({ groups: TWO_OFFICES, pace: { digestAbove: 1 } });
    w.channel.closedGroups.add(OWN_GROUP).add('second@g.us');
    const [unrouted, second] = [{ nocsName: 'NOCS-9' }, { nocsName: 'NOCS-2' }];
    w.source.rows = [w.row('1', 9 * HOUR, unrouted), w.row('2', 8 * HOUR), w.row('3', 7 * HOUR, second)];
    expect((await w.scan()).counts).toMatchObject({ sent: 3, messagesSent: 1 });
    expect(w.channel.arrived[0]?.groupId).toBe(DEFAULT_GROUP);
    const { error, group_id } = w.only('2');
    expect(group_id).toBe(DEFAULT_GROUP);
    expect(error).toContain(`group ${OWN_GROUP} can not be posted to: only admins may`);
    expect(w.only('3').error).toContain('group second@g.us can not be posted to: only admins may');
    expect(w.only('1').error, 'the default group is its own').toBeNull();
  });

  test('and whose default group can not either: they wait, exit 1, and go out when it can', async () => {
    const w = world();
    w.channel.closedGroups.add(OWN_GROUP).add(DEFAULT_GROUP);
    w.source.rows = [w.row('1')];
    expect(await w.scan()).toMatchObject({
      exitCode: ExitCode.FAILED,
      counts: { noGroup: 1, pending: 1, sent: 0 },
    });
    expect(w.only('1')).toMatchObject({ send_status: 'pending', reason: 'no-group', attempts: 0 });
    w.channel.closedGroups.clear();
    expect(await w.scan()).toMatchObject({ exitCode: 0, counts: { noGroup: 0, sent: 1 } });
  });

  test('a refused one that waits for a group counts as waiting without a group', async () => {
    const w = world();
    w.channel.orders.push(refused);
    w.source.rows = [w.row('1')];
    await w.scan();
    w.clock.advance(15 * MINUTE);
    w.channel.closedGroups.add(OWN_GROUP).add(DEFAULT_GROUP);
    expect(await w.scan()).toMatchObject({ exitCode: ExitCode.FAILED, counts: { noGroup: 1 } });
  });

  test('each group is asked about once a scan', async () => {
    const w = world();
    w.source.rows = ['1', '2', '3'].map((meter) => w.row(meter));
    await w.scan();
    expect(w.channel.checks).toBe(1);
  });
});

describe('stopped by a signal', () => {
  test('before its work was done: no new send, exit 75, the rest goes out next time', async () => {
    const w = world({ pace: { minGap: 60_000, maxGap: 60_000 } });
    const stop = new AbortController();
    w.channel.orders.push((message) => {
      w.channel.arrive(message);
      stop.abort();
      return { status: 'sent', ack: 1 };
    });
    w.source.rows = ['1', '2'].map((meter) => w.row(meter));
    const { exitCode, counts } = await w.scan({}, { stop: stop.signal });
    expect([exitCode, counts.sent, counts.pending]).toEqual([ExitCode.TEMPFAIL, 1, 1]);
    expect((await w.scan()).counts.sent).toBe(1);
  });

  test('with nothing left to do: as usual', async () => {
    const w = world();
    const stop = new AbortController();
    w.channel.orders.push((message) => {
      w.channel.arrive(message);
      stop.abort();
      return { status: 'sent', ack: 1 };
    });
    w.source.rows = [w.row('1')];
    expect(await w.scan({}, { stop: stop.signal })).toMatchObject({ exitCode: 0, counts: { sent: 1 } });
  });

  test('with a message of unknown fate still to be looked up: exit 75', async () => {
    const w = world();
    w.channel.orders.push(lost);
    w.source.rows = [w.row('1')];
    await w.scan();
    const { exitCode } = await w.scan({}, { stop: AbortSignal.abort() });
    expect(exitCode).toBe(ExitCode.TEMPFAIL);
  });
});
