import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findChromium } from '../src/channel/whatsapp/chromium.ts';
import { endBrowser } from '../src/channel/whatsapp/processes.ts';
import { profileOf } from '../src/channel/whatsapp/profile.ts';
import { realRuntime } from '../src/runtime.ts';
import {
  changeBrowser,
  keptOf,
  LinkedPlaces,
  lastCloseWasUnclean,
  read,
  scanned,
} from './harness/linked-places.ts';
import { processesNaming, tryToKill } from './harness/processes.ts';
import type { WhatsAppPlace } from './harness/whatsapp-place.ts';
import type { Fault } from './standins/whatsapp-web/index.ts';

const GROUP = '120363040000000001@g.us';
const SETTINGS = {
  groups: { default: GROUP },
  whatsapp: { connectTimeout: '40s', ackTimeout: '5s', linkSettle: '0s' },
};
/** For a page that never becomes ready; long enough for it to come as far as it can. */
const CONNECT_MS = 8_000;
const IMPATIENT = { whatsapp: { ...SETTINGS.whatsapp, connectTimeout: `${CONNECT_MS}ms` } };
/** What closing may take once a scan is told to stop. */
const CLOSE_MS = 20_000;
/** What a scan may take beside waiting for the session: start, a picture of the page, an orderly close. */
const REST_MS = 30_000;
const LATE = [{ meter: '10000001' }, { meter: '10000002' }];

let linked: LinkedPlaces;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  linked = await LinkedPlaces.link(SETTINGS, {}, (cleanUp) => cleanUps.push(cleanUp));
});

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

function placeWithWork(browser = {}, settings = {}): WhatsAppPlace {
  const place = linked.place(settings, browser);
  place.late(LATE);
  return place;
}

/** Everything waits as it was before the scan, and the next scan can take it up. */
function expectNothingLost(place: WhatsAppPlace): void {
  expect(place.rows().map(({ send_status, attempts }) => [send_status, attempts])).toEqual([
    ['pending', 0],
    ['pending', 0],
  ]);
  expect(lastCloseWasUnclean(place)).toBe(false);
}

describe('WhatsApp Web that does not become ready ends in time with 69, says how far it came, and shows it', () => {
  const stages: [Fault, string][] = [
    ['never-loads', 'the page did not load'],
    ['no-debug-version', 'WhatsApp Web did not start in it'],
    ['opening-forever', 'did not connect: OPENING'],
    ['never-syncs', 'the chats did not sync'],
  ];
  it.each(stages)('%s', async (fault, stage) => {
    const place = placeWithWork({}, IMPATIENT);
    const kept = keptOf(place);
    linked.web.fault(fault);
    const scan = await scanned(place);
    expect(scan).toMatchObject({ code: 69, codes: ['ERR_RC_WHATSAPP_TIMEOUT'] });
    expect(scan.errors[0]?.message).toContain(stage);
    expect(scan.took).toBeLessThan(CONNECT_MS + REST_MS);
    expectNothingLost(place);
    expect(keptOf(place)).toEqual(kept);
    if (fault === 'never-loads') return;
    const directory = join(place.state, 'whatsapp/screenshots');
    const [picture = ''] = readdirSync(directory);
    expect(scan.stderr).toContain(join(directory, picture));
    expect(statSync(join(directory, picture)).mode & 0o777).toBe(0o600);
  });

  it('freezes', async () => {
    const place = placeWithWork({}, IMPATIENT);
    linked.web.fault('freezes', { at: 'connected', afterMs: 0 });
    const scan = await scanned(place);
    expect(scan.code).toBe(69);
    expect(scan.took).toBeLessThan(CONNECT_MS + REST_MS);
    expect(place.rows().map(({ send_status }) => send_status)).toEqual(['pending', 'pending']);
  });

  it('a page that goes somewhere else while it starts is given a second try', async () => {
    const place = placeWithWork();
    linked.web.fault('late-navigation', { afterMs: 0 });
    const scan = await scanned(place);
    expect(scan, scan.stderr).toMatchObject({ code: 0, counts: { sent: 2 } });
  });
});

describe('WhatsApp that ends the session stops the scan at once', () => {
  const ends: [Fault, number, string][] = [
    ['conflict', 69, 'ERR_RC_CONFLICT'],
    ['tos-block', 77, 'ERR_RC_ACCOUNT_RESTRICTED'],
    ['smb-tos-block', 77, 'ERR_RC_ACCOUNT_RESTRICTED'],
    ['proxyblock', 77, 'ERR_RC_ACCOUNT_RESTRICTED'],
    ['deprecated-version', 69, 'ERR_RC_WEB_OUTDATED'],
    ['unpaired', 77, 'ERR_RC_SESSION_LOST'],
  ];
  it.each(ends)('%s', async (fault, code, errorCode) => {
    const place = placeWithWork();
    const kept = keptOf(place);
    linked.web.fault(fault, { at: 'start' });
    expect(await scanned(place)).toMatchObject({ code, codes: [errorCode] });
    expectNothingLost(place);
    expect(keptOf(place)).toEqual(kept);
  });

  it('logged out from the phone since the last scan', async () => {
    const place = placeWithWork();
    const kept = keptOf(place);
    linked.web.refuseProfilesAfter(0);
    onTestFinished(() => linked.web.refuseProfilesAfter(Number.POSITIVE_INFINITY));
    const scan = await scanned(place);
    expect(scan).toMatchObject({ code: 77, codes: ['ERR_RC_LOGGED_OUT'] });
    expect(scan.errors[0]?.hint).toContain('rc-notify login');
    expectNothingLost(place);
    expect(keptOf(place)).toEqual(kept);
    expect(linked.web.linked, 'the scan logged nobody out').toBe(true);
  });

  it('a page that shows a QR code: nothing is drawn, restored or removed', async () => {
    const place = placeWithWork();
    rmSync(join(place.state, 'whatsapp/session/Default/IndexedDB'), { recursive: true });
    profileOf(place.state).markOpened(new Date());
    const kept = keptOf(place);
    const scan = await scanned(place);
    expect(scan).toMatchObject({ code: 77, codes: ['ERR_RC_SESSION_LOST'] });
    expect(scan.stderr).not.toMatch(/[█▄]/);
    expectNothingLost(place);
    expect(keptOf(place)).toEqual(kept);
    // The copy that was kept still does.
    const restored = await place.run(['login', '--restore']);
    expect(restored.code, restored.stderr).toBe(0);
    expect(await scanned(place)).toMatchObject({ code: 0, counts: { sent: 2 } });
  });

  it('another account than the last scan sent as', async () => {
    const place = placeWithWork();
    expect((await place.run(['groups'])).code).toBe(0);
    const { account } = linked.web;
    const { number } = account;
    account.number = '8801999999999';
    onTestFinished(() => {
      account.number = number;
    });
    expect(await scanned(place)).toMatchObject({ code: 77, codes: ['ERR_RC_OTHER_ACCOUNT'] });
    expectNothingLost(place);
  });
});

describe('a network that does not reach WhatsApp ends at once with 69', () => {
  const ways: [string, string[], string][] = [
    ['refused', ['--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:1'], 'ERR_CONNECTION_REFUSED'],
    ['no name', ['--host-resolver-rules=MAP * ~NOTFOUND'], 'ERR_NAME_NOT_RESOLVED'],
    ['no proxy', ['--proxy-server=127.0.0.1:1'], 'ERR_PROXY_CONNECTION_FAILED'],
  ];
  it.each(ways)('%s', async (_, args, reason) => {
    const place = placeWithWork({ args });
    const scan = await scanned(place);
    expect(scan).toMatchObject({ code: 69, codes: ['ERR_RC_NO_NETWORK'] });
    expect(scan.errors[0]?.message).toContain(reason);
    expectNothingLost(place);
  });

  it('through the proxy that the environment names it goes', async () => {
    const proxy = await startProxy(linked.web.browserArgs);
    const args = linked.web.browserArgs.filter((arg) => !arg.startsWith('--host-resolver-rules'));
    const place = placeWithWork({ args });
    const { code, stderr } = await place.scan({ env: { https_proxy: proxy.url, HTTPS_PROXY: proxy.url } });
    expect(code, stderr).toBe(0);
    expect(proxy.asked).toContain('web.whatsapp.com:443');
  });
});

describe('a browser that is not there, or not to be had', () => {
  it('no Chromium at the configured path (78)', async () => {
    const place = placeWithWork({ executablePath: '/usr/bin/no-such-chromium' });
    expect(await scanned(place)).toMatchObject({ code: 78, codes: ['ERR_RC_CHROMIUM_PATH'] });
    expectNothingLost(place);
  });

  it.runIf(process.geteuid?.() === 0)('root with the sandbox on (78)', async () => {
    const place = placeWithWork({ sandbox: true });
    expect(await scanned(place)).toMatchObject({ code: 78, codes: ['ERR_RC_CHROMIUM_AS_ROOT'] });
    expectNothingLost(place);
  });

  it('a profile that somebody else has open (75): theirs is not ended', async () => {
    const place = placeWithWork();
    const session = join(place.state, 'whatsapp/session');
    const chromium = await findChromium(null, process.env);
    const args = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${session}`];
    const theirs = spawn(chromium.path, [...args, '--remote-debugging-port=0', 'about:blank'], {
      stdio: 'ignore',
    });
    onTestFinished(async () => {
      await endBrowser({ pid: theirs.pid ?? null, profileDirectory: session }, realRuntime.clock);
    });
    while (!readdirSync(session).includes('SingletonLock')) await realRuntime.clock.sleep(50);
    const { code, stdout } = await place.scan();
    expect(code, stdout).toBe(75);
    expect(stdout).toContain('ERR_RC_PROFILE_IN_USE');
    expect(theirs.exitCode).toBeNull();
    expect(readlinkSync(join(session, 'SingletonLock'))).toContain(`-${theirs.pid}`);
    expectNothingLost(place);
  });

  it('one that is killed while it connects (69)', async () => {
    const place = placeWithWork();
    linked.web.fault('opening-forever');
    const { visits } = linked.web;
    const scan = place.start(['scan', '--json']);
    while (linked.web.visits === visits) await realRuntime.clock.sleep(50);
    for (const pid of processesNaming(join(place.state, 'whatsapp'))) tryToKill(pid);
    const { code, codes } = read(await scan.finished, place);
    expect({ code, codes }).toEqual({ code: 69, codes: ['ERR_RC_CHROMIUM_ENDED'] });
    expect(lastCloseWasUnclean(place)).toBe(true);
  });

  it('one that does not end when it is closed is ended by force, and that is said', async () => {
    const place = placeWithWork();
    const executablePath = join(place.directory, 'chromium');
    const { path } = await findChromium(null, process.env);
    const lingering = `#!/bin/sh\n${path} "$@"\ncase "$*" in *--version*) ;; *) sleep 100;; esac\n`;
    writeFileSync(executablePath, lingering, { mode: 0o755 });
    changeBrowser(place, { executablePath });
    const scan = await scanned(place);
    expect(scan, scan.stderr).toMatchObject({ code: 0, counts: { sent: 2 } });
    expect(scan.stderr).toContain('did not close in order within 9 s and was ended by force');
    expect(lastCloseWasUnclean(place)).toBe(true);
  });

  it('a scan told to stop while it connects closes in order (75)', async () => {
    const place = placeWithWork();
    linked.web.fault('never-syncs');
    const { connections } = linked.web;
    const scan = place.start(['scan', '--json']);
    while (linked.web.connections === connections) await realRuntime.clock.sleep(50);
    const began = performance.now();
    scan.process.kill('SIGTERM');
    expect(read(await scan.finished, place)).toMatchObject({ code: 75, codes: ['ERR_RC_STOPPED'] });
    expect(performance.now() - began).toBeLessThan(CLOSE_MS);
    expectNothingLost(place);
  });
});

describe('a profile that can not be opened', () => {
  /** Chromium starts with it, and can not give the page its storage. */
  function damage(place: WhatsAppPlace): void {
    const storage = join(place.state, 'whatsapp/session/Default/IndexedDB');
    rmSync(storage, { recursive: true });
    writeFileSync(storage, '');
  }

  it('after an unclean close is replaced by its copy, once, and that is said', async () => {
    const place = placeWithWork();
    damage(place);
    profileOf(place.state).markOpened(new Date());
    const scan = await scanned(place);
    expect(scan, scan.stderr).toMatchObject({ code: 0, counts: { sent: 2 } });
    expect(scan.stderr).toMatch(/the copy of \S+ took its place/);
    const names = readdirSync(join(place.state, 'whatsapp'));
    expect(names.filter((name) => name.startsWith('session.before-restore-'))).toHaveLength(1);
  });

  it('whose copy WhatsApp does not accept either: that copy is not offered again (77)', async () => {
    const place = placeWithWork();
    damage(place);
    profileOf(place.state).markOpened(new Date());
    linked.web.refuseProfilesAfter(0);
    onTestFinished(() => linked.web.refuseProfilesAfter(Number.POSITIVE_INFINITY));
    expect(await scanned(place)).toMatchObject({ code: 77, codes: ['ERR_RC_LOGGED_OUT'] });
    expect(profileOf(place.state).copies()).toMatchObject([{ refused: true }]);
    const restored = await place.run(['login', '--restore']);
    expect(restored).toMatchObject({ code: 1, stderr: expect.stringContaining('ERR_RC_NO_COPY') });
  });

  it('after a clean close is left to the operator (73)', async () => {
    const place = placeWithWork();
    damage(place);
    const kept = keptOf(place);
    const scan = await scanned(place);
    expect(scan).toMatchObject({ code: 73, codes: ['ERR_RC_PROFILE_DAMAGED'] });
    expect(scan.errors[0]?.hint).toContain('rc-notify login --restore');
    expectNothingLost(place);
    expect(keptOf(place)).toEqual(kept);
  });

  it.each([
    [
      'only with this profile: its copy takes its place',
      'case "$*" in *state/whatsapp/session*) test -e "$PROFILE/restored" || exit 1;; esac',
      0,
      1,
    ],
    ['with no profile at all: nothing is restored', 'case "$*" in *--version*) ;; *) exit 1;; esac', 69, 0],
  ])('a browser that does not start %s', async (_, check, code, restored) => {
    const place = placeWithWork();
    const [copy] = profileOf(place.state).copies();
    writeFileSync(join(copy?.path ?? '', 'restored'), '');
    profileOf(place.state).markOpened(new Date());
    const executablePath = join(place.directory, 'chromium');
    const { path } = await findChromium(null, process.env);
    const script = `#!/bin/sh\nPROFILE=${place.state}/whatsapp/session\n${check}\nexec ${path} "$@"\n`;
    writeFileSync(executablePath, script, { mode: 0o755 });
    changeBrowser(place, { executablePath });
    const scan = await scanned(place);
    expect(scan.code, scan.stderr).toBe(code);
    const names = readdirSync(join(place.state, 'whatsapp'));
    expect(names.filter((name) => name.startsWith('session.before-restore-'))).toHaveLength(restored);
    expect(names.filter((name) => name.startsWith('rc-notify-trial-'))).toEqual([]);
  });

  it('whose lock file is not one is not touched (73)', async () => {
    const place = placeWithWork();
    mkdirSync(join(place.state, 'whatsapp/session/SingletonLock'));
    expect(await scanned(place)).toMatchObject({ code: 73, codes: ['ERR_RC_PROFILE_DIRECTORY'] });
    expectNothingLost(place);
  });
});

/** A proxy that takes every host for the stand-in. */
async function startProxy(browserArgs: readonly string[]) {
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(browserArgs.join(' '))?.[1]);
  const asked: string[] = [];
  const server = createServer((client) => {
    client.on('error', () => {});
    client.once('data', (head) => {
      asked.push(/^CONNECT (\S+)/.exec(head.toString())?.[1] ?? '');
      const there = connect(port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(there).pipe(client);
      });
      there.on('error', () => client.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { asked, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` };
}
