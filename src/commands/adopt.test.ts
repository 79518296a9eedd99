import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { acquireScanLock } from '../ledger/lock.ts';
import { type AdoptOptions, adopt } from './adopt.ts';
import { type Bench, bench, NOW } from './testing.ts';

const OLD = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const HERE = 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb';

/** A ledger of another machine whose last scan ended then. */
function moved(lastScan = '2025-01-01T10:00:00.000Z'): Bench {
  const place = bench();
  const ledger = place.ledger();
  ledger.rememberMachine(OLD);
  const scan = ledger.startScan({ startedAt: lastScan, source: 's', channel: 'terminal', machineId: OLD });
  ledger.finishScan(scan, {
    finishedAt: lastScan,
    exitCode: 0,
    counts: '{}',
    account: null,
    channelVersion: null,
  });
  return place;
}

async function run(place: Bench, options: AdoptOptions, answer?: string, here: string | null = HERE) {
  const context = place.context(answer === undefined ? {} : { answer });
  return { code: await adopt(context, options, here), err: context.err() };
}

test('shows both machines, records this one, and says what to do after a long absence', async () => {
  const place = moved();
  const { code, err } = await run(place, { yes: true, reason: 'old server died' });
  expect(code).toBe(0);
  expect(err).toContain(`was last used on machine ${OLD}; this is machine ${HERE}`);
  expect(err).toContain('Its last scan ended 2025-01-01 16:00.');
  expect(err).toContain('rc-notify scan --baseline');
  expect(place.ledger().machine()).toBe(HERE);
  expect(place.query('SELECT at, action, target, reason, detail FROM audit')).toEqual([
    { at: NOW, action: 'adopt', target: null, reason: 'old server died', detail: `from ${OLD} to ${HERE}` },
  ]);
});

test('on a terminal it asks, and a no changes nothing', async () => {
  const place = moved();
  const declined = await run(place, {}, 'n');
  expect(declined.code).toBe(1);
  expect(declined.err).toContain('Has the other machine stopped, and is this one to take over? [y/N]');
  expect(place.ledger().machine()).toBe(OLD);
  expect((await run(place, {}, 'y')).code).toBe(0);
  expect(place.ledger().machine()).toBe(HERE);
});

test('without a terminal it wants --yes', async () => {
  const place = moved();
  await expect(run(place, {})).rejects.toMatchObject({
    exitCode: 64,
    hint: expect.stringContaining('--yes'),
  });
  expect(place.ledger().machine()).toBe(OLD);
});

test('it waits for no scan', async () => {
  const place = moved();
  const lock = acquireScanLock(place.state, { command: 'scan', pid: 1, since: NOW });
  await expect(run(place, { yes: true })).rejects.toMatchObject({ code: 'ERR_RC_LOCKED', exitCode: 75 });
  lock.release();
  expect(place.ledger().machine()).toBe(OLD);
});

test.each([
  ['of this machine', HERE],
  ['that no scan has used yet', null],
])('a ledger %s needs no adoption', async (_, machine) => {
  const place = bench();
  if (machine === null) place.ledger();
  else place.ledger().rememberMachine(machine);
  const { code, err } = await run(place, {});
  expect(code).toBe(0);
  expect(err).toContain('nothing to do. Next: rc-notify scan');
  expect(place.query('SELECT * FROM audit')).toEqual([]);
});

test('without a ledger there is nothing to adopt, and none is made', async () => {
  const place = bench();
  await expect(run(place, { yes: true })).rejects.toMatchObject({ code: 'ERR_RC_NO_LEDGER', exitCode: 1 });
  expect(existsSync(place.state)).toBe(false);
});

test('a machine without an id can not adopt, and is told how to get one', async () => {
  const place = moved();
  await expect(run(place, { yes: true }, undefined, null)).rejects.toMatchObject({
    code: 'ERR_RC_NO_MACHINE_ID',
    exitCode: 1,
    hint: expect.stringContaining('systemd-machine-id-setup'),
  });
  expect(place.ledger().machine()).toBe(OLD);
});
