import { describe, expect, test } from 'vitest';
import { ExitCode } from '../exit-codes.ts';
import { DAY, HOUR, lost, MINUTE, refused, type World, world } from './testing.ts';

/** A world in which the message about meter 1 is of unknown fate. */
async function withUnknown(changes?: Parameters<typeof world>[0]): Promise<World> {
  const w = world(changes);
  w.channel.orders.push(lost);
  w.source.rows = [w.row('1', 90 * MINUTE)];
  expect(await w.scan()).toMatchObject({ exitCode: ExitCode.UNKNOWN_FATE, counts: { unknown: 1, sent: 0 } });
  return w;
}

const first = (w: World) => w.channel.handed[0];

test('found with an ack, it was sent', async () => {
  const w = await withUnknown();
  w.channel.acks.set(first(w)?.id ?? '', 2);
  w.clock.advance(15 * MINUTE);
  expect(await w.scan()).toMatchObject({ exitCode: 0, counts: { sent: 1, messagesSent: 1, unknown: 0 } });
  expect(w.channel.handed).toHaveLength(1);
  expect(w.only('1')).toMatchObject({ send_status: 'sent', ack: 2, sent_at: first(w)?.at });
});

test.each([
  ['not found', null],
  ['a local copy that never left', 0],
  ['a local copy that failed', -1],
])('%s: sent again with the same id and the stored text', async (_, ack) => {
  const w = await withUnknown();
  if (ack !== null) w.channel.acks.set(first(w)?.id ?? '', ack);
  w.clock.advance(HOUR);
  expect(await w.scan()).toMatchObject({ exitCode: 0, counts: { sent: 1, unknown: 0 } });
  const [before, after] = w.channel.handed;
  expect(after).toMatchObject({ id: before?.id, text: before?.text, groupId: before?.groupId });
  expect(before?.text).toContain('1 ALERT');
  expect(w.only('1')).toMatchObject({ send_status: 'sent', attempts: 1, duration_status: 'ALERT' });
});

test('refused when sent again, the first may still have arrived: it stays unknown and never gets a new id', async () => {
  const w = await withUnknown();
  w.channel.orders.push(refused);
  w.clock.advance(15 * MINUTE);
  expect((await w.scan()).counts).toMatchObject({ failed: 0, unknown: 1 });
  w.clock.advance(30 * MINUTE);
  expect((await w.scan()).counts.sent).toBe(1);
  expect(new Set(w.channel.handed.map(({ id }) => id)).size).toBe(1);
});

test('a look-up that never answers is given up, and new meters are told all the same', async () => {
  const w = await withUnknown();
  w.channel.lookupHangs = true;
  w.source.rows = [w.row('1'), w.row('2')];
  const { counts, exitCode } = await w.scan();
  expect(counts).toMatchObject({ sent: 1, unknown: 1 });
  expect(exitCode).toBe(ExitCode.UNKNOWN_FATE);
  expect(w.channel.told()).toEqual(['2 STUCK']);
  w.channel.lookupHangs = false;
  w.source.rows = [w.row('1'), w.row('2')];
  expect((await w.scan()).counts).toMatchObject({ sent: 1, unknown: 0 });
});

test('not sent again once its command ended; then it no longer counts', async () => {
  const w = await withUnknown();
  w.source.rows = [w.row('2', MINUTE)];
  expect(await w.scan()).toMatchObject({ exitCode: 0, counts: { unknown: 0, cleared: 1, cancelled: 0 } });
  expect(w.channel.handed).toHaveLength(1);
  expect(w.only('1').send_status).toBe('unknown');
});

test('not sent again after 24 hours: it stays unknown, exit 4 while its command is open', async () => {
  const w = await withUnknown();
  w.clock.advance(DAY);
  expect(await w.scan()).toMatchObject({ exitCode: ExitCode.UNKNOWN_FATE, counts: { unknown: 1, sent: 0 } });
  expect(w.channel.handed).toHaveLength(1);
  w.channel.acks.set(first(w)?.id ?? '', 1);
  expect(await w.scan()).toMatchObject({ exitCode: 0, counts: { sent: 1 } });
});

test('a millisecond before 24 hours it is', async () => {
  const w = await withUnknown();
  w.clock.advance(DAY - 1);
  expect((await w.scan()).counts.sent).toBe(1);
});

test('another account: 77, nothing is sent and nothing decided', async () => {
  const w = await withUnknown();
  w.source.rows.push(w.row('2'));
  w.channel.account = '8802';
  expect(await w.scan()).toMatchObject({
    exitCode: ExitCode.NOPERM,
    counts: { sent: 0, pending: 1, unknown: 1 },
  });
  expect(w.channel.lookups).toEqual([]);
  expect(w.channel.handed).toHaveLength(1);
});

test('an account that was accepted since sends nothing the other one began', async () => {
  const w = await withUnknown();
  w.ledger.recordConnection('whatsapp', '8802', w.clock.now().toISOString());
  w.channel.account = '8802';
  expect(await w.scan()).toMatchObject({ exitCode: ExitCode.UNKNOWN_FATE, counts: { unknown: 1 } });
  expect(w.channel.handed).toHaveLength(1);
});

test('where ids mean nothing it is never sent again', async () => {
  const w = world();
  w.channel.honoursIds = false;
  w.channel.orders.push(lost);
  w.source.rows = [w.row('1')];
  await w.scan();
  expect(await w.scan()).toMatchObject({
    exitCode: ExitCode.UNKNOWN_FATE,
    counts: { unknown: 1, alreadyNotified: 1 },
  });
  expect([w.channel.handed.length, w.channel.lookups.length, w.channel.connects]).toEqual([1, 0, 1]);
});

describe('a digest of unknown fate', () => {
  test('is frozen: text, rows and group stay, whoever is late meanwhile', async () => {
    const w = world({ pace: { digestAbove: 1 } });
    w.channel.orders.push(lost);
    w.source.rows = ['1', '2'].map((meter) => w.row(meter));
    await w.scan();
    w.clock.advance(15 * MINUTE);
    w.source.rows.push(w.row('3'));
    w.config = { ...w.config, groups: { ...w.config.groups, byNocs: { 'NOCS-1': 'new@g.us' } } };
    expect((await w.scan()).counts).toMatchObject({ sent: 3, messagesSent: 2 });
    const [before, again, next] = w.channel.handed;
    expect({ ...again, at: null }).toEqual({ ...before, at: null });
    expect(next).toMatchObject({ groupId: 'new@g.us', text: expect.stringContaining('3 STUCK') });
    expect(w.rows().map(({ message_id }) => message_id)).toEqual([before?.id, before?.id, next?.id]);
  });

  test('is sent again while one of its commands is in progress', async () => {
    const w = world({ pace: { digestAbove: 1 } });
    w.channel.orders.push(lost);
    w.source.rows = ['1', '2'].map((meter) => w.row(meter));
    await w.scan();
    w.source.rows = w.source.rows.slice(0, 1);
    expect((await w.scan()).counts).toMatchObject({ sent: 2, messagesSent: 1, cleared: 1 });
  });
});
