import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { acquireScanLock } from '../ledger/lock.ts';
import { mute } from './mute.ts';
import type { MuteOptions } from './mute-options.ts';
import { type Bench, bench, NOW } from './testing.ts';

const LATER = '2025-01-05T00:00:00.000Z';

async function run(place: Bench, options: MuteOptions, now = NOW) {
  const context = place.context({ now });
  return { code: await mute(context, options), out: context.out(), err: context.err() };
}

/** What a scan at that time keeps quiet about. */
function mutedFor(place: Bench, at: string) {
  return place
    .ledger()
    .mutes(at)
    .map(({ kind, name }) => `${kind} ${name}`);
}

test('a meter is muted for as long as is said, and no longer', async () => {
  const place = bench();
  const { code, err } = await run(place, { meter: ' 00123 ', for: '2d' });
  expect(code).toBe(0);
  expect(err).toContain('Muted meter 00123 until 2025-01-04 17:00: no messages');
  expect(err).toContain('rc-notify mute --end --meter 00123');
  expect(mutedFor(place, '2025-01-04T10:59:59.000Z')).toEqual(['meter 00123']);
  expect(mutedFor(place, '2025-01-04T11:00:00.000Z')).toEqual([]);
});

test('an office is muted until the first moment of a day of the configured zone', async () => {
  const place = bench();
  const { err } = await run(place, { nocs: '  NOCS  Dhanmondi ', until: '2025-01-05' });
  expect(err).toContain('until 2025-01-05 00:00');
  expect(err).not.toContain('warning');
  expect(place.query('SELECT name, until FROM mutes')).toEqual([
    { name: 'NOCS  Dhanmondi', until: '2025-01-04T18:00:00.000Z' },
  ]);
});

test('without an end it lasts until it is ended, by any spelling of the office', async () => {
  const place = bench();
  expect((await run(place, { nocs: 'NOCS Dhanmondi' })).err).toContain('until it is ended');
  expect(mutedFor(place, '2035-01-01T00:00:00.000Z')).toEqual(['nocs NOCS Dhanmondi']);
  const { code, err } = await run(place, { end: true, nocs: 'nocs dhanmondi' }, LATER);
  expect(code).toBe(0);
  expect(err).toContain('No longer muted: office nocs dhanmondi; the next scan tells what is late');
  expect(mutedFor(place, LATER)).toEqual([]);
});

test('muting again replaces, however the office is spelled', async () => {
  const place = bench();
  await run(place, { nocs: 'NOCS Dhanmondi', for: '7d' });
  await run(place, { nocs: 'nocs DHANMONDI', for: '1h' });
  expect(mutedFor(place, NOW)).toEqual(['nocs nocs DHANMONDI']);
  expect(mutedFor(place, LATER)).toEqual([]);
});

test('a meter and an office of the same name are muted apart', async () => {
  const place = bench();
  await run(place, { nocs: '77' });
  await run(place, { meter: '77' });
  await run(place, { end: true, meter: '77' });
  expect(mutedFor(place, NOW)).toEqual(['nocs 77']);
});

test('an office that no group is named for may be misspelled, which is said', async () => {
  const { err } = await run(bench(), { nocs: 'Dhanmondy' });
  expect(err).toMatch(/warn.* groups.byNocs does not name Dhanmondy.*rc-notify config check/);
});

test('both acts are in the audit', async () => {
  const place = bench();
  await run(place, { meter: '1', for: '1d', reason: 'being replaced' });
  await run(place, { end: true, meter: '1', reason: 'done' }, '2025-01-02T12:00:00.000Z');
  expect(place.query('SELECT at, action, target, reason, detail FROM audit')).toEqual([
    {
      at: NOW,
      action: 'mute',
      target: '--meter 1',
      reason: 'being replaced',
      detail: 'until 2025-01-03T11:00:00.000Z',
    },
    { at: '2025-01-02T12:00:00.000Z', action: 'unmute', target: '--meter 1', reason: 'done', detail: null },
  ]);
});

test('ending what is not muted, or not any more, changes nothing and says so', async () => {
  const place = bench();
  await run(place, { meter: '1', for: '1h' });
  for (const meter of ['1', '2']) {
    const { code, err } = await run(place, { end: true, meter }, LATER);
    expect(code).toBe(0);
    expect(err).toContain(`Not muted: meter ${meter}; nothing was changed.`);
  }
  expect(place.query('SELECT action FROM audit')).toEqual([{ action: 'mute' }]);
});

test('--list shows what is in force', async () => {
  const place = bench();
  await run(place, { meter: '1', for: '1h' });
  await run(place, { meter: '2', reason: 'no access' });
  const { out } = await run(place, { list: true }, LATER);
  expect(out.split('\n')[1]).toMatch(/^meter 2 {2}ended by hand {2}\S.* {2}2025-01-02 17:00 {2}no access$/);
  expect(out).not.toContain('meter 1');
});

test('--list --json prints the rows', async () => {
  const place = bench();
  await run(place, { meter: '1', for: '1h' });
  expect(JSON.parse((await run(place, { list: true, json: true })).out)).toEqual({
    mutes: [
      {
        kind: 'meter',
        name: '1',
        until: '2025-01-02T12:00:00.000Z',
        reason: null,
        created_by: expect.stringMatching(/./),
        created_at: NOW,
      },
    ],
  });
});

test('--list creates nothing', async () => {
  const place = bench();
  const { code, out, err } = await run(place, { list: true });
  expect({ code, out }).toEqual({ code: 0, out: '' });
  expect(err).toContain('Nothing is muted.');
  expect(existsSync(place.state)).toBe(false);
});

test('a running scan does not keep the operator from muting', async () => {
  const place = bench();
  const lock = acquireScanLock(place.state, { command: 'scan', pid: 1, since: NOW });
  expect((await run(place, { meter: '1' })).code).toBe(0);
  lock.release();
});

test.each<[string, MuteOptions]>([
  ['nothing named', {}],
  ['a meter and an office at once', { meter: '1', nocs: 'NOCS-1' }],
  ['an empty name', { nocs: '  ' }],
  ['--for beside --until', { meter: '1', for: '1d', until: '2025-02-01' }],
  ['--end with a time', { meter: '1', end: true, for: '1d' }],
  ['--list of one meter', { list: true, meter: '1' }],
  ['--json without --list', { meter: '1', json: true }],
  ['a duration that is none', { meter: '1', for: 'a week' }],
  ['a duration of nothing', { meter: '1', for: '0s' }],
  ['a duration beyond all years', { meter: '1', for: '999999999d' }],
  ['a date that is none', { meter: '1', until: '31.01.2025' }],
  ['an end that is over', { meter: '1', until: '2025-01-01' }],
])('%s is refused as wrong usage and mutes nothing', async (_, options) => {
  const place = bench();
  await expect(run(place, options)).rejects.toMatchObject({ code: 'ERR_RC_USAGE', exitCode: 64 });
  expect(existsSync(place.state)).toBe(false);
});

test('an end in a year of five digits is refused: as text it would be before today', async () => {
  await expect(run(bench(), { meter: '1', for: '3000000d' })).rejects.toMatchObject({
    exitCode: 64,
    message: '--for 3000000d is not within the years 0 to 9999.',
  });
});
