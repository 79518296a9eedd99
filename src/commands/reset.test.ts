import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { acquireScanLock } from '../ledger/lock.ts';
import type { ScanLedger } from '../ledger/port.ts';
import { reset } from './reset.ts';
import type { ResetOptions } from './reset-options.ts';
import { type Bench, beginSend, bench, claim, NOW, settle } from './testing.ts';

const LATER = '2025-01-02T12:00:00.000Z';

/** Four meters: told, waiting, refused for good, refused and to be tried again. */
function fourMeters(ledger: ScanLedger) {
  const told = claim(ledger, '001');
  beginSend(ledger, '3EB0A', [told]);
  settle(ledger, '3EB0A', 'sent');
  const waiting = claim(ledger, '002', { nocs: 'NOCS Ramna' });
  const refused = claim(ledger, '003', { nocs: 'NOCS Ramna' });
  beginSend(ledger, '3EB0B', [refused]);
  settle(ledger, '3EB0B', 'failed');
  const retried = claim(ledger, '004', { at: '2025-01-01T00:00:00.000Z' });
  beginSend(ledger, '3EB0C', [retried]);
  settle(ledger, '3EB0C', 'failed', { nextAttempt: LATER });
  return { told, waiting, refused, retried };
}

async function run(place: Bench, options: ResetOptions, answer?: string) {
  const context = place.context(answer === undefined ? { now: LATER } : { answer, now: LATER });
  const code = await reset(context, options);
  return { code, out: context.out(), err: context.err() };
}

const statuses = (ledger: ScanLedger, ids: Record<string, number>) =>
  Object.fromEntries(
    Object.entries(ids).map(([name, id]) => {
      const row = ledger.notification(id);
      return [name, `${row?.send_status}${row?.released_at === null ? '' : ' released'}`];
    }),
  );

test('--meter frees the key of that meter and nothing else, and the row stays', async () => {
  const place = bench();
  const ledger = place.ledger();
  const rows = fourMeters(ledger);
  const { code, err } = await run(place, { meter: ' 001 ', yes: true });
  expect(code).toBe(0);
  expect(err).toContain('Released 1 notification; the next scan tells');
  expect(statuses(ledger, rows)).toEqual({
    told: 'sent released',
    waiting: 'pending',
    refused: 'failed',
    retried: 'failed',
  });
  expect(ledger.notification(rows.told)).toMatchObject({
    released_at: LATER,
    updated_at: LATER,
    reason: 'due',
  });
  expect(() => claim(ledger, '001')).not.toThrow();
});

test('a waiting row, a planned retry among them, becomes cancelled by the reset; a final failure stays failed', async () => {
  const place = bench();
  const ledger = place.ledger();
  const rows = fourMeters(ledger);
  await run(place, { all: true, yes: true });
  expect(statuses(ledger, rows)).toEqual({
    told: 'sent released',
    waiting: 'cancelled released',
    refused: 'failed released',
    retried: 'cancelled released',
  });
  expect(ledger.notification(rows.retried)).toMatchObject({ reason: 'reset', next_attempt_at: null });
  expect(ledger.notification(rows.refused)).toMatchObject({ reason: 'due' });
});

test.each<[string, ResetOptions, string[]]>([
  ['an office however it is spelled', { nocs: ' nocs  RAMNA' }, ['002', '003']],
  ['what failed, oldest first', { failed: true }, ['004', '003']],
  ['what failed in an office', { failed: true, nocs: 'NOCS Ramna' }, ['003']],
  ['what is older than a date of the configured zone', { before: '2025-01-01 06:01' }, ['004']],
  ['nothing before that very minute', { before: '2025-01-01 06:00' }, []],
  ['what is older than a day', { before: '1d' }, ['004']],
  ['everything', { all: true }, ['004', '001', '002', '003']],
])('selects %s', async (_, options, meters) => {
  const place = bench();
  fourMeters(place.ledger());
  const { code, out } = await run(place, { ...options, json: true, dryRun: true });
  const result = JSON.parse(out) as { released: number; notifications: { meter_number: string }[] };
  expect(code).toBe(0);
  expect(result.notifications.map((row) => row.meter_number)).toEqual(meters);
  expect(result.released).toBe(meters.length);
});

test('terminal rehearsals are released as well', async () => {
  const place = bench();
  const ledger = place.ledger();
  const rehearsal = claim(ledger, '001', { channel: 'terminal' });
  await run(place, { meter: '001', yes: true });
  expect(ledger.notification(rehearsal)?.released_at).toBe(LATER);
});

test('the act is in the audit: who, when, why, what, and which rows', async () => {
  const place = bench();
  const { waiting, refused } = fourMeters(place.ledger());
  await run(place, { nocs: 'NOCS Ramna', before: '1m', reason: 'group was wrong', yes: true });
  expect(place.query('SELECT at, who, action, target, reason FROM audit')).toEqual([
    {
      at: LATER,
      who: expect.stringMatching(/./),
      action: 'reset',
      target: '--nocs NOCS Ramna --before 1m',
      reason: 'group was wrong',
    },
  ]);
  expect(place.query('SELECT notification_id AS id FROM audit_notifications ORDER BY 1')).toEqual([
    { id: waiting },
    { id: refused },
  ]);
});

test('shows the first twenty and counts the rest', async () => {
  const place = bench();
  const ledger = place.ledger();
  for (let meter = 1; meter <= 23; meter += 1) claim(ledger, `M${String(meter).padStart(2, '0')}`);
  const { out, err } = await run(place, { all: true, dryRun: true });
  expect(err).toContain('To be released: 23 notifications');
  expect(out).toContain('M20    NOCS Dhanmondi  STUCK   pending      2025-01-02 17:00\nand 3 more\n');
  expect(out).not.toContain('M21');
});

test('with --json there is no table, on stderr neither', async () => {
  const place = bench();
  claim(place.ledger(), 'M01');
  const { out, err } = await run(place, { all: true, dryRun: true, json: true });
  expect(JSON.parse(out)).toMatchObject({ released: 1 });
  expect(err).toContain('To be released: 1 notification');
  expect(err).not.toContain('M01');
});

test('--dry-run changes nothing and runs beside a scan', async () => {
  const place = bench();
  const ledger = place.ledger();
  const rows = fourMeters(ledger);
  const before = statuses(ledger, rows);
  const lock = acquireScanLock(place.state, { command: 'scan', pid: 1, since: NOW });
  const { code, err } = await run(place, { all: true, dryRun: true });
  lock.release();
  expect(code).toBe(0);
  expect(err).toContain('A dry run: nothing was changed.');
  expect(statuses(ledger, rows)).toEqual(before);
});

test('while a scan runs it is refused, and says who holds the lock', async () => {
  const place = bench();
  const ledger = place.ledger();
  const rows = fourMeters(ledger);
  const lock = acquireScanLock(place.state, { command: 'scan', pid: 4711, since: NOW });
  const attempt = run(place, { meter: '001', yes: true });
  await expect(attempt).rejects.toMatchObject({ code: 'ERR_RC_LOCKED', exitCode: 75 });
  lock.release();
  expect(statuses(ledger, rows).told).toBe('sent');
});

test('afterwards the lock is free', async () => {
  const place = bench();
  fourMeters(place.ledger());
  await run(place, { meter: '001', yes: true });
  acquireScanLock(place.state, { command: 'scan', pid: 1, since: NOW }).release();
});

test('on a terminal it asks, and anything but yes changes nothing', async () => {
  const place = bench();
  const ledger = place.ledger();
  const rows = fourMeters(ledger);
  const declined = await run(place, { meter: '001' }, 'n');
  expect(declined).toMatchObject({ code: 1, err: expect.stringContaining('Release 1 notification? [y/N]') });
  expect(declined.err).toContain('Nothing was changed.');
  expect(statuses(ledger, rows).told).toBe('sent');
  expect(await run(place, { meter: '001' }, 'y')).toMatchObject({ code: 0 });
  expect(statuses(ledger, rows).told).toBe('sent released');
});

test('--all wants the word, a habitual y is not enough', async () => {
  const place = bench();
  const ledger = place.ledger();
  const rows = fourMeters(ledger);
  expect(await run(place, { all: true }, 'y')).toMatchObject({ code: 1 });
  expect(statuses(ledger, rows).told).toBe('sent');
  expect(await run(place, { all: true }, 'all')).toMatchObject({ code: 0 });
  expect(statuses(ledger, rows).told).toBe('sent released');
});

test('without a terminal it is refused unless --yes says so', async () => {
  const place = bench();
  const ledger = place.ledger();
  const rows = fourMeters(ledger);
  const attempt = run(place, { meter: '001' });
  await expect(attempt).rejects.toMatchObject({ exitCode: 64, hint: expect.stringContaining('--yes') });
  expect(statuses(ledger, rows).told).toBe('sent');
});

test('a row that a scan sent while the question stood is left alone', async () => {
  const place = bench();
  const ledger = place.ledger();
  const { waiting } = fourMeters(ledger);
  const context = place.context({ answer: 'y', now: LATER });
  const { stdin } = context.io;
  const open = stdin.resume.bind(stdin);
  // The moment the command begins to read the answer, a scan hands the message over.
  stdin.resume = () => {
    if (ledger.notification(waiting)?.send_status === 'pending') {
      beginSend(ledger, '3EB0D', [waiting]);
      settle(ledger, '3EB0D', 'sent');
    }
    return open();
  };
  expect(await reset(context, { nocs: 'NOCS Ramna' })).toBe(0);
  expect(ledger.notification(waiting)).toMatchObject({ send_status: 'sent', released_at: null });
  expect(context.err()).toContain('Released 1 notification;');
  expect(context.err()).toContain('Left alone: 1 notification changed while you were asked');
});

test('a row in sending is left alone, and it says what settles it', async () => {
  const place = bench();
  const ledger = place.ledger();
  const sending = claim(ledger, '001');
  beginSend(ledger, '3EB0A', [sending]);
  const { code, err, out } = await run(place, { meter: '001', yes: true, json: true });
  expect(code).toBe(0);
  expect(err).toContain('Left alone: 1 notification in sending.');
  expect(err).toContain('the next scan settles it');
  expect(JSON.parse(out)).toEqual({ released: 0, leftAlone: 1, dryRun: false, notifications: [] });
  expect(statuses(ledger, { sending })).toEqual({ sending: 'sending' });
});

test('releasing a row of unknown fate warns that the office may hear of it twice', async () => {
  const place = bench();
  const ledger = place.ledger();
  const row = claim(ledger, '001');
  beginSend(ledger, '3EB0A', [row]);
  settle(ledger, '3EB0A', 'unknown');
  const { err } = await run(place, { meter: '001', yes: true });
  expect(err).toContain('may have arrived: released, the office may hear of it twice');
  expect(err).toContain('rc-notify reset --unknown --as sent|not-sent');
  expect(statuses(ledger, { row })).toEqual({ row: 'unknown released' });
});

/** A digest of two of unknown fate, and a single one. */
function ofUnknownFate(ledger: ScanLedger) {
  const [first, second, single] = [claim(ledger, '001'), claim(ledger, '002'), claim(ledger, '003')];
  beginSend(ledger, '3EB0D', [first, second], '2025-01-02T11:10:00.000Z');
  settle(ledger, '3EB0D', 'unknown', { at: '2025-01-02T11:11:00.000Z' });
  beginSend(ledger, '3EB0E', [single]);
  settle(ledger, '3EB0E', 'unknown');
  return { first, second, single };
}

test('--unknown --as sent records the whole message as sent when it was handed over', async () => {
  const place = bench();
  const ledger = place.ledger();
  const rows = ofUnknownFate(ledger);
  const { code, err, out } = await run(place, {
    unknown: true,
    as: 'sent',
    meter: '002',
    yes: true,
    json: true,
  });
  expect(code).toBe(0);
  expect(err).toContain(
    'To be recorded as sent: 2 notifications in 1 message; a message is decided as a whole',
  );
  expect(err).toContain('Recorded 2 notifications as sent; they are not told again.');
  expect(statuses(ledger, rows)).toEqual({ first: 'sent', second: 'sent', single: 'unknown' });
  expect(ledger.notification(rows.first)).toMatchObject({ sent_at: '2025-01-02T11:10:00.000Z', error: null });
  expect(ledger.unsettledMessages('whatsapp').map(({ message }) => message.id)).toEqual(['3EB0E']);
  expect(JSON.parse(out)).toMatchObject({ released: 0, leftAlone: 0, notifications: [{}, {}] });
});

test('--unknown --as not-sent records failures and frees them, so that the next scan tells them', async () => {
  const place = bench();
  const ledger = place.ledger();
  const rows = ofUnknownFate(ledger);
  const { err } = await run(place, { unknown: true, as: 'not-sent', yes: true, reason: 'looked' });
  expect(err).toContain('Recorded 3 notifications as not sent and released them; the next scan tells');
  expect(statuses(ledger, rows)).toEqual({
    first: 'failed released',
    second: 'failed released',
    single: 'failed released',
  });
  expect(place.query('SELECT id, send_status, settled_at FROM messages ORDER BY id')).toEqual([
    { id: '3EB0D', send_status: 'failed', settled_at: LATER },
    { id: '3EB0E', send_status: 'failed', settled_at: LATER },
  ]);
  expect(place.query('SELECT target, reason FROM audit')).toEqual([
    { target: '--unknown --as not-sent', reason: 'looked' },
  ]);
  expect(() => claim(ledger, '001')).not.toThrow();
});

test('a message still in sending can not be decided yet', async () => {
  const place = bench();
  const ledger = place.ledger();
  const sending = claim(ledger, '001');
  beginSend(ledger, '3EB0A', [sending]);
  const { code, err } = await run(place, { unknown: true, as: 'not-sent', yes: true });
  expect(code).toBe(0);
  expect(err).toContain('Nothing to decide');
  expect(err).toContain('Left alone: 1 notification in sending.');
  expect(statuses(ledger, { sending })).toEqual({ sending: 'sending' });
});

test('nothing selected is said, is no error, and makes no ledger', async () => {
  const place = bench();
  const { code, err, out } = await run(place, { meter: '999', yes: true });
  expect(code).toBe(0);
  expect(err).toContain('Nothing to release');
  expect(out).toBe('');
  expect(existsSync(place.state)).toBe(false);
});

test.each<[string, ResetOptions]>([
  ['no selector', {}],
  ['no selector but --yes', { yes: true }],
  ['--all beside another', { all: true, failed: true }],
  ['--as without --unknown', { meter: '1', as: 'sent' }],
  ['--unknown without --as', { unknown: true }],
  ['--unknown as something else', { unknown: true, as: 'maybe' }],
  ['--unknown with --failed', { unknown: true, as: 'sent', failed: true }],
  ['an empty meter', { meter: ' ' }],
  ['a date that is none', { before: 'yesterday' }],
  ['a time before all years', { before: '999999999d' }],
])('%s is refused as wrong usage, with a command to type instead', async (_, options) => {
  const place = bench();
  await expect(run(place, options)).rejects.toMatchObject({
    code: 'ERR_RC_USAGE',
    exitCode: 64,
    hint: expect.stringMatching(/--/),
  });
});
