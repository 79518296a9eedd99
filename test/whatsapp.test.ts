import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { browsersOf } from '../src/channel/whatsapp/processes.ts';
import { type WhatsAppPlace, whatsAppPlace } from './harness/whatsapp-place.ts';
import { scanJson } from './harness/workplace.ts';

function groupNamed(place: WhatsAppPlace, name: string): string {
  const found = place.web.groups.find((group) => group.name === name);
  if (found === undefined) throw new Error(`the stand-in has no group ${name}`);
  return found.id;
}

/** What must not change where the profile is not to be touched: each file with its size, and nothing Chromium rewrites at each start. */
function linkData(place: WhatsAppPlace): string[] {
  const session = join(place.state, 'whatsapp', 'session');
  const files = readdirSync(session, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => /IndexedDB\/[^/]+$|Local Storage$/.test(file)).sort();
}

it('from login over groups and scans to a lost link and back: nobody is told twice, nothing is lost', async () => {
  const place = await whatsAppPlace();
  const banani = groupNamed(place, 'Banani NOCS');
  place.configure({ groups: { default: null, byNocs: { 'NOCS-1': banani } } });

  const login = await place.login();
  expect(login).toMatchObject({ code: 0, stdout: expect.stringContaining('Linked to 8801712345678') });
  expect(login.stderr).toContain('rc-notify groups');

  const groups = await place.run(['groups', '--match', 'BANANI', '--json']);
  expect(JSON.parse(groups.stdout).groups).toMatchObject([
    { id: banani, name: 'Banani NOCS', canPost: true },
  ]);

  place.late([{ meter: '10000001' }, { meter: '10000002', minutes: 70 }]);
  const first = scanJson(await place.scan());
  expect(first).toMatchObject({ exitCode: 0, counts: { sent: 2, messagesSent: 2 } });
  expect(place.web.deliveries.map(({ group, text }) => [group, /Meter: (\d+)/.exec(text)?.[1]])).toEqual([
    [banani, '10000001'],
    [banani, '10000002'],
  ]);
  expect(place.rows().map((row) => [row.send_status, row.ack, row.message])).toEqual(
    place.web.deliveries.map(({ text }) => ['sent', 1, text]),
  );

  const visits = place.web.visits;
  expect(scanJson(await place.scan())).toMatchObject({
    exitCode: 0,
    counts: { sent: 0, alreadyNotified: 2 },
  });
  expect(place.web.visits, 'an idle scan starts no browser').toBe(visits);

  place.web.revoke();
  place.late([{ meter: '10000001' }, { meter: '10000003' }]);
  const before = linkData(place);
  const lost = await place.scan();
  expect(scanJson(lost)).toMatchObject({
    exitCode: 77,
    counts: { sent: 0, pending: 1 },
    errors: [{ hint: expect.stringContaining('rc-notify login') }],
  });
  expect(lost.stdout + lost.stderr, 'only login shows a QR code').not.toContain('▄▄');
  expect(linkData(place)).toEqual(before);
  expect(browsersOf(join(place.state, 'whatsapp', 'session'))).toEqual([]);

  expect((await place.login()).code).toBe(0);
  expect(scanJson(await place.scan())).toMatchObject({
    exitCode: 0,
    counts: { sent: 1, alreadyNotified: 1 },
  });
  expect(place.timesTold(['10000001', '10000002', '10000003'])).toEqual({
    10000001: 1,
    10000002: 1,
    10000003: 1,
  });
  expect(place.web.repeats).toEqual([]);
  expect([...place.web.unknownModules]).toEqual([]);
});

it('a login shows each new QR code, keeps the profile private, and a second one says that it is linked', async () => {
  const place = await whatsAppPlace();
  const login = place.start(['login']);
  let drawn = '';
  login.process.stdout?.on('data', (text: string) => {
    drawn += text;
  });
  /** Two of a code's three corners stand at the start of a line. */
  const codes = () => (drawn.match(/^█ ▄▄▄▄▄ █/gm)?.length ?? 0) / 2;
  const stale = await place.web.qr();
  await expect.poll(codes).toBe(1);
  place.web.refreshQr();
  await expect.poll(codes).toBe(2);
  await expect(place.web.scanQr(stale)).rejects.toThrow();
  await place.web.scanQr();
  expect((await login.finished).code).toBe(0);
  const home = join(place.state, 'whatsapp');
  for (const path of [home, join(home, 'session'), join(home, 'copies')]) {
    expect(statSync(path).mode & 0o777, path).toBe(0o700);
  }
  expect(readdirSync(join(home, 'copies'))).toHaveLength(1);

  const again = await place.run(['login']);
  expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Already linked to 8801712345678/) });
  const { who: _, ...audit } = place.query('SELECT action, target, who FROM audit')[0] as Record<
    string,
    string
  >;
  expect(audit).toEqual({ action: 'link', target: '8801712345678' });
});

it('a window where there is no display: 78, with what to do instead', async () => {
  const place = await whatsAppPlace();
  const { code, stderr } = await place.run(['login', '--headful']);
  expect(code, stderr).toBe(78);
  expect(stderr).toContain('ERR_RC_NO_DISPLAY');
  expect(stderr).toContain('ssh -X');
});

it('a pairing code links as well, and a refused number says what to do', async () => {
  const place = await whatsAppPlace();
  const refused = await place.run(['login', '--phone', '+880 1999 999999']);
  expect(refused.code, refused.stderr).toBe(77);
  expect(refused.stderr).toContain('ERR_RC_PAIRING_REFUSED');

  const login = place.start(['login', '--phone', '+880 1712-345678']);
  const shown = await place.web.pairingCode();
  await login.wrote(`${shown.slice(0, 4)}-${shown.slice(-4)}`);
  await place.web.enterPairingCode();
  expect(await login.finished).toMatchObject({ code: 0, stdout: expect.stringContaining('Linked to') });
});

it('a page that has shown its last QR code is asked for another one', async () => {
  const place = await whatsAppPlace({}, { references: 1 });
  const login = place.start(['login']);
  const last = await place.web.qr();
  place.web.refreshQr();
  await expect.poll(() => place.web.qr()).not.toBe(last);
  await place.web.scanQr();
  expect((await login.finished).code).toBe(0);
});

it('a login nobody answers ends by itself, and so does one that is interrupted; no browser is left', async () => {
  const place = await whatsAppPlace();
  const waited = await place.run(['login', '--timeout', '1s']);
  expect(waited).toMatchObject({ code: 77, stderr: expect.stringContaining('ERR_RC_LOGIN_TIMEOUT') });
  const [picture = ''] = readdirSync(join(place.state, 'whatsapp/screenshots'));
  expect(waited.stderr).toContain(picture);
  const login = place.start(['login']);
  await place.web.qr();
  login.process.kill('SIGINT');
  expect(await login.finished).toMatchObject({ code: 75, stderr: expect.stringContaining('ERR_RC_STOPPED') });
  expect(browsersOf(join(place.state, 'whatsapp', 'session'))).toEqual([]);
  place.late([{ meter: '10000001' }]);
  expect(scanJson(await place.scan())).toMatchObject({ exitCode: 77, counts: { pending: 1 } });
});

it('another number is taken only when the operator says so', async () => {
  const place = await whatsAppPlace();
  place.configure({ groups: { default: groupNamed(place, 'Banani NOCS') } });
  await place.login();
  place.late([{ meter: '10000001' }]);
  await place.scan();
  place.web.revoke();
  Object.assign(place.web.account, { number: '8801799999999' });
  expect(await place.login()).toMatchObject({
    code: 77,
    stderr: expect.stringContaining('rc-notify login --replace'),
  });
  place.late([{ meter: '10000002' }]);
  expect(scanJson(await place.scan())).toMatchObject({
    exitCode: 77,
    errors: [{ code: 'ERR_RC_OTHER_ACCOUNT' }],
    counts: { pending: 1 },
  });
  expect((await place.run(['login', '--replace'])).code).toBe(0);
  expect(scanJson(await place.scan())).toMatchObject({ exitCode: 0, counts: { sent: 1 } });
});
