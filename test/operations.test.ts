import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openSqlite } from '../src/ledger/sqlite.ts';
import { copyDirectory } from './harness/copy.ts';
import { WhatsAppPlace, whatsAppPlace } from './harness/whatsapp-place.ts';
import { NO_GAPS, scanJson } from './harness/workplace.ts';

async function linkedPlace(): Promise<WhatsAppPlace> {
  const place = await whatsAppPlace();
  const byNocs = { 'NOCS-1': place.web.groups[0]?.id ?? '' };
  place.configure({ pace: NO_GAPS, groups: { default: null, byNocs } });
  const login = await place.login();
  expect(login.code, login.stderr).toBe(0);
  return place;
}

async function sentBy(place: WhatsAppPlace): Promise<number | undefined> {
  const scan = await place.scan();
  expect(scan.code, scan.stderr).toBe(0);
  return scanJson(scan).counts.sent;
}

// What docs/operations.md describes, step by step.

it('backup and restore: what was told since is told again, unless it is recorded as told', async () => {
  const place = await linkedPlace();
  place.late([{ meter: '10000001' }]);
  expect(await sentBy(place)).toBe(1);
  const copies = join(place.directory, 'backups');
  expect((await place.run(['backup', copies])).code).toBe(0);
  place.late([{ meter: '10000001' }, { meter: '10000002' }]);
  expect(await sentBy(place)).toBe(1);

  const [ledger = ''] = readdirSync(copies).filter((name) => name.startsWith('ledger'));
  const [session = ''] = readdirSync(copies).filter((name) => name.startsWith('whatsapp'));
  renameSync(join(place.state, 'ledger.db'), join(place.state, 'ledger.db.broken'));
  for (const end of ['-wal', '-shm']) rmSync(join(place.state, `ledger.db${end}`), { force: true });
  cpSync(join(copies, ledger), join(place.state, 'ledger.db'));
  rmSync(join(place.state, 'whatsapp/session'), { recursive: true });
  copyDirectory(join(copies, session), join(place.state, 'whatsapp/session'));

  const dry = scanJson(await place.run(['scan', '--dry-run', '--json']));
  expect(dry.notifications.map(({ meterNumber }) => meterNumber)).toEqual(['10000002']);
  expect((await place.run(['scan', '--baseline'])).code).toBe(0);
  place.late([{ meter: '10000001' }, { meter: '10000002' }, { meter: '10000003' }]);
  expect(await sentBy(place)).toBe(1);
  expect(place.timesTold(['10000001', '10000002', '10000003'])).toEqual({
    10000001: 1,
    10000002: 1,
    10000003: 1,
  });
});

it('another host: scans refuse the ledger until it is adopted, and go on with the same session', async () => {
  const old = await linkedPlace();
  old.late([{ meter: '10000001' }]);
  expect(await sentBy(old)).toBe(1);
  // The ledger of a machine that is not this one.
  const ledger = openSqlite(join(old.state, 'ledger.db'));
  ledger.exec(`UPDATE ledger_machine SET machine_id = '${'0'.repeat(32)}'`);
  ledger.close();

  const place = new WhatsAppPlace(old.web, {}, onTestFinished);
  place.configure({
    pace: NO_GAPS,
    groups: { default: null, byNocs: { 'NOCS-1': old.web.groups[0]?.id ?? '' } },
  });
  copyDirectory(old.state, place.state);
  place.late([{ meter: '10000001' }, { meter: '10000002' }]);
  expect((await place.scan()).code).toBe(78);
  const doctor = await place.run(['doctor']);
  expect(doctor.stdout).toContain('rc-notify adopt');
  expect(doctor.code).toBe(78);
  expect((await place.run(['adopt', '--yes'])).code).toBe(0);
  expect((await place.run(['doctor', '--connect'])).code).toBe(0);
  expect(await sentBy(place)).toBe(1);
});

it('another number: log out, log in, and everything that waited is told by the new one', async () => {
  const place = await linkedPlace();
  place.late([{ meter: '10000001' }]);
  expect(await sentBy(place)).toBe(1);
  expect((await place.run(['logout', '--yes'])).code).toBe(0);
  expect(existsSync(join(place.state, 'whatsapp/session/Default'))).toBe(false);
  place.late([{ meter: '10000001' }, { meter: '10000002' }]);
  expect((await place.scan()).code).toBe(77);
  expect((await place.run(['doctor'])).code).toBe(77);

  Object.assign(place.web.account, { number: '8801999999999' });
  const login = await place.login();
  expect(login.code, login.stderr).toBe(0);
  expect(login.stdout).toContain('8801999999999');
  const connected = await place.run(['doctor', '--connect']);
  expect(connected.code, connected.stdout).toBe(0);
  expect((await place.run(['test', '--all'])).code).toBe(0);
  expect(await sentBy(place)).toBe(1);
});
