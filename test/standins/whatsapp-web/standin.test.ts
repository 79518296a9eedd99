import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  clickRetry,
  findMessage,
  findStrange,
  hasSynced,
  listGroups,
  removeKept,
  sendChosen,
  sendKept,
  socketState,
  textOf,
} from './in-page.js';
import { group, groupsOfEveryKind, manyGroups, startWhatsAppWeb, type WhatsAppWeb } from './index.ts';
import {
  type Browser,
  type Client,
  injected,
  launchBrowser,
  openClient,
  openClientIn,
  type Page,
} from './library.ts';

const BANANI = '8801712345678-1609459200@g.us';
const ADABOR = '120363040000000001@g.us';
const LALBAGH_LID = '120363040000000002@g.us';
/** So long a message is waited for that will be answered, and one that will not. */
const LONG_MS = 5_000;
const SHORT_MS = 200;
const ADMINS_ONLY = '120363040000000003@g.us';

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let n = 0; n < 500; n++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`this never came true: ${condition}`);
}

/** The given event of a client, once. */
function event(client: Client, name: string): Promise<unknown> {
  return new Promise((resolve) => client.once(name, resolve));
}

/** Ready, with the known way around `ready` that never comes when the page has synced before the library listens. */
async function ready(client: Client): Promise<void> {
  const done = event(client, 'ready');
  await client.initialize();
  await until(() => client.pupPage.evaluate(hasSynced));
  await client.pupPage.evaluate('window.WWebJS || window.onAppStateHasSyncedEvent()');
  await done;
}

function keyOf(web: WhatsAppWeb, chat: string, id: string): string {
  return `true_${chat}_${id}_${web.account.number}@c.us`;
}

it('closes although a connection was opened that nobody speaks on', async () => {
  const web = await startWhatsAppWeb();
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(web.browserArgs.join())?.[1]);
  const silent = connect(port, '127.0.0.1').on('error', () => {});
  const gone = once(silent, 'close');
  await once(silent, 'connect');
  await web.close();
  await gone;
});

describe('the library with a browser of its own', () => {
  let web: WhatsAppWeb;
  let profile: string;
  let client: Client;

  beforeAll(async () => {
    web = await startWhatsAppWeb();
    profile = await mkdtemp(join(tmpdir(), 'whatsapp-web-'));
  });

  afterEach(() => client.destroy());

  afterAll(async () => {
    await web.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 20 });
  });

  it('links by the QR that is shown, not by one that was', async () => {
    client = openClient(web, profile);
    const shown: string[] = [];
    client.on('qr', (payload: string) => shown.push(payload));
    const done = event(client, 'ready');
    await client.initialize();
    await until(() => shown.length === 1);
    web.refreshQr();
    await until(() => shown.length === 2);
    await expect(web.scanQr(shown[0])).rejects.toThrow('not valid any more');
    expect(await web.qr()).toBe(shown[1]);
    await web.scanQr(shown[1]);
    await done;
    expect(client.info).toMatchObject({ wid: { user: web.account.number }, pushname: web.account.name });
    expect(web.linked).toBe(true);
    expect([...web.unknownModules]).toEqual([]);
  });

  it('stays linked without a QR, says nothing of being ready, and sends', async () => {
    client = openClient(web, profile);
    const events: string[] = [];
    for (const name of ['qr', 'ready', 'disconnected']) client.on(name, () => events.push(name));
    await client.initialize();
    await until(() => client.pupPage.evaluate(hasSynced));
    expect(events).toEqual([]);
    await client.pupPage.evaluate('window.onAppStateHasSyncedEvent()');
    await until(() => events.includes('ready'));
    const acked = event(client, 'message_ack');
    // Builds that call the key's text `$1`: it went out, and the library can not tell.
    expect(await client.sendMessage(BANANI, 'first', { linkPreview: false })).toBeUndefined();
    expect(await acked).toMatchObject({ ack: 1, body: 'first' });
    expect(web.deliveries).toMatchObject([
      { group: BANANI, text: 'first', sender: `${web.account.number}@c.us` },
    ]);
    expect(events).toEqual(['ready']);
  });

  it('is told of a conflict', async () => {
    client = openClient(web, profile);
    await ready(client);
    const reason = event(client, 'disconnected');
    web.strike('conflict');
    expect(await reason).toBe('CONFLICT');
  });

  it('is logged out when the phone unlinks it, and asked for a QR again', async () => {
    client = openClient(web, profile);
    await ready(client);
    const reason = event(client, 'disconnected');
    const qr = event(client, 'qr');
    const again = injected(client);
    web.revoke();
    expect(await reason).toBe('LOGOUT');
    expect(await qr).toBe(await web.qr());
    expect(client.pupPage.url()).toContain('post_logout=1&logout_reason=0');
    expect(web.linked).toBe(false);
    await again;
  });
});

describe('pages of one browser', () => {
  let web: WhatsAppWeb;
  let profile: string;
  let browser: Browser;
  let startingSettings: WhatsAppWeb['settings'];
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    web = await startWhatsAppWeb();
    startingSettings = { ...web.settings };
    profile = await mkdtemp(join(tmpdir(), 'whatsapp-web-'));
    browser = await launchBrowser(web, profile);
  });

  afterEach(async () => {
    web.heal();
    web.groups = groupsOfEveryKind();
    Object.assign(web.settings, startingSettings);
    await Promise.all(open.splice(0).map((page) => page.close()));
  });

  afterAll(async () => {
    browser.process()?.kill('SIGKILL');
    await web.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 20 });
  });

  /** The library in a new page, ready. */
  async function libraryPage(): Promise<Client> {
    const client = openClientIn(browser);
    await ready(client);
    open.push(client.pupPage);
    return client;
  }

  /** WhatsApp Web in a new page, with no library, in the given state. */
  async function barePage(state = 'CONNECTED'): Promise<Page> {
    const page = await browser.newPage();
    open.push(page);
    await page.goto('https://web.whatsapp.com/');
    await until(async () => (await page.evaluate(socketState)) === state);
    return page;
  }

  it('are linked by a pairing code: the right number, the right code', async () => {
    const client = openClientIn(browser);
    const done = event(client, 'ready');
    await client.initialize();
    open.push(client.pupPage);
    await expect(client.requestPairingCode('8801700000000')).rejects.toThrow('400');
    const code = await client.requestPairingCode(web.account.number);
    expect(code).toMatch(/^[1-9A-HJ-NP-TV-Z]{8}$/);
    expect(await web.pairingCode()).toBe(code);
    await expect(web.enterPairingCode('AAAAAAAA')).rejects.toThrow('wrong');
    await web.enterPairingCode(`${code.slice(0, 4)}-${code.slice(4)}`);
    await done;
    expect(web.linked).toBe(true);
  });

  it('have every kind of group', async () => {
    const page = await barePage();
    expect(await page.evaluate(listGroups)).toEqual([
      [BANANI, 'Banani NOCS', 12, 'member'],
      [ADABOR, 'আদাবর এনওসিএস', 31, 'member'],
      [LALBAGH_LID, 'Lalbagh NOCS (lid)', 12, 'member isLidAddressingMode'],
      [ADMINS_ONLY, 'DPDC notices', 12, 'member announce'],
      ['120363040000000004@g.us', 'ঘোষণা', 12, 'member admin announce'],
      ['120363040000000005@g.us', 'Old team', 12, ''],
      ['120363040000000006@g.us', 'Suspended', 12, 'member suspended'],
      ['120363040000000007@g.us', 'Terminated', 12, 'member terminated'],
      ['120363040000000008@g.us', 'DPDC community', 12, 'member admin isParentGroup'],
      ['120363040000000009@g.us', 'Archived', 12, 'member archive'],
      ['120363040000000010@g.us', 'Broken', 12, 'member'],
    ]);
  });

  it('fail as the library fails today: not one chat is listed, old builds list all', async () => {
    web.groups = manyGroups(120);
    const today = await libraryPage();
    await expect(today.getChats()).rejects.toThrow(/^r(: r)?$/m);
    web.settings.keyField = '_serialized';
    const before = await libraryPage();
    const chats = await before.getChats();
    expect(chats.filter(({ name }) => /^(Office|দপ্তর)/.test(name))).toHaveLength(120);
    expect(await before.sendMessage(web.groups[0]?.id ?? '', 'x')).toMatchObject({ ack: 0 });
    web.fault('rate-overlimit');
    await expect(before.getChats()).rejects.toThrow();
    web.groups = [group(BANANI, 'Broken', { broken: true })];
    const broken = await libraryPage();
    await expect(broken.getChats()).rejects.toThrow("reading 'serialize'");
  });

  it('send, each message with the outcome ordered for it', async () => {
    web.settings.reconnectMs = 100;
    const page = await barePage();
    const start = web.deliveries.length;
    web.order('refuse', 2);
    web.order('fail-in-page', 3);
    web.order('never-ack', 4);
    web.order('lose-answer', 5);
    web.order({ do: 'delay', ms: 150 }, 6);
    web.order('drop', 7);
    const outcomes: Record<string, unknown> = {};
    const texts = ['accepted', 'refused', 'failed', 'swallowed', 'unanswered', 'late', 'dropped', 'after'];
    for (const text of texts) {
      const id = `3EB0${text.toUpperCase()}`;
      const patience = /swallowed|unanswered/.test(text) ? SHORT_MS : LONG_MS;
      const told = await page.evaluate(sendChosen, ADABOR, text, id, patience);
      outcomes[text] = [told, await page.evaluate(findMessage, keyOf(web, ADABOR, id))];
    }
    const ok = [
      { stored: 'yes', sent: 'OK' },
      { ack: 1, isSendFailure: false, inMemory: true },
    ];
    const open = [{ stored: 'yes' }, { ack: 0, isSendFailure: false, inMemory: true }];
    expect(outcomes).toEqual({
      accepted: ok,
      refused: [
        { stored: 'yes', sent: 'ERROR_UNKNOWN' },
        { ack: -1, isSendFailure: true, inMemory: true },
      ],
      failed: [
        { stored: 'yes', sent: 'ERROR_UNKNOWN' },
        { ack: 0, isSendFailure: true, inMemory: true },
      ],
      swallowed: open,
      unanswered: open,
      late: ok,
      dropped: ok,
      after: ok,
    });
    const delivered = web.deliveries.slice(start).map(({ text }) => text);
    expect(delivered).toEqual(['accepted', 'unanswered', 'late', 'swallowed', 'dropped', 'after']);
  });

  it('keep what they stored, and take no second message of its id, but send it again when asked', async () => {
    web.order('never-ack', 1);
    web.order('never-ack', 2);
    const before = await barePage();
    await before.evaluate(sendChosen, BANANI, 'kept', '3EB0KEPT', SHORT_MS);
    await before.evaluate(sendChosen, BANANI, 'newer', '3EB0NEWER', SHORT_MS);
    await before.close();
    open.pop();
    const arrived = web.arrivals.length;

    const page = await barePage();
    // Only the newest of a chat is loaded at a start.
    expect(await page.evaluate(findMessage, keyOf(web, BANANI, '3EB0NEWER'))).toMatchObject({
      ack: 0,
      inMemory: true,
    });
    expect(await page.evaluate(sendChosen, BANANI, 'kept', '3EB0KEPT', LONG_MS)).toEqual({
      stored: 'DuplicateMessageError',
      sent: 'DuplicateMessageError',
    });
    expect(web.arrivals).toHaveLength(arrived);
    const key = keyOf(web, BANANI, '3EB0KEPT');
    await page.evaluate(clickRetry, key);
    expect(web.arrivals).toHaveLength(arrived);

    expect(await page.evaluate(sendKept, key)).toBe('OK');
    expect(await page.evaluate(findMessage, key)).toMatchObject({ ack: 1 });
    expect(web.deliveries.at(-1)).toMatchObject({ id: '3EB0KEPT', group: BANANI, text: 'kept' });
    const repeats = web.repeats.length;
    expect(await page.evaluate(sendKept, key)).toBe('OK');
    expect(web.repeats).toHaveLength(repeats + 1);
    expect(web.deliveries.filter(({ id }) => id === '3EB0KEPT')).toHaveLength(1);
  });

  it('take the id anew when the local copy was removed', async () => {
    web.order('never-ack', 1);
    const before = await barePage();
    await before.evaluate(sendChosen, LALBAGH_LID, 'gone', '3EB0GONE', SHORT_MS);
    await before.close();
    open.pop();
    const page = await barePage();
    const key = `true_${LALBAGH_LID}_3EB0GONE_${web.account.lid}`;
    expect(await page.evaluate(findMessage, key)).toMatchObject({ ack: 0 });
    await page.evaluate(removeKept, key);
    expect(await page.evaluate(findMessage, key)).toBeUndefined();
    expect(await page.evaluate(sendChosen, LALBAGH_LID, 'gone', '3EB0GONE', LONG_MS)).toEqual({
      stored: 'yes',
      sent: 'OK',
    });
    expect(web.deliveries.at(-1)).toMatchObject({ id: '3EB0GONE', sender: web.account.lid });
  });

  it('send by themselves what they kept at ack 0, if that is what they do', async () => {
    web.order('lose-answer', 1);
    web.order('never-ack', 2);
    const before = await barePage();
    await before.evaluate(sendChosen, ADABOR, 'one', '3EB0ONE', SHORT_MS);
    await before.evaluate(sendChosen, ADABOR, 'two', '3EB0TWO', SHORT_MS);
    await until(() => web.arrivals.at(-1)?.id === '3EB0TWO');
    await before.close();
    open.pop();
    const repeats = web.repeats.length;
    web.settings.resendsKept = true;
    await barePage();
    await until(() => web.deliveries.some(({ id }) => id === '3EB0TWO') && web.repeats.length > repeats);
    expect(web.repeats.slice(repeats).map(({ id }) => id)).toContain('3EB0ONE');
    expect(web.deliveries.filter(({ id }) => id === '3EB0ONE')).toHaveLength(1);
  });

  it('are refused what the group does not allow', async () => {
    const page = await barePage();
    for (const closed of ['03', '05', '06', '07', '08']) {
      const answer = await page.evaluate(
        sendChosen,
        `1203630400000000${closed}@g.us`,
        'no',
        `3EB0${closed}`,
        LONG_MS,
      );
      expect(answer).toEqual({ stored: 'yes', sent: 'ERROR_UNKNOWN' });
    }
    expect(await page.evaluate(sendChosen, '120363040000000004@g.us', 'yes', '3EB004', LONG_MS)).toEqual({
      stored: 'yes',
      sent: 'OK',
    });
    await expect(page.evaluate(findStrange, '120363999999999999@g.us')).rejects.toThrow('new chat not found');
  });

  it.each([
    ['conflict', 'CONFLICT'],
    ['tos-block', 'TOS_BLOCK'],
    ['smb-tos-block', 'SMB_TOS_BLOCK'],
    ['proxyblock', 'PROXYBLOCK'],
    ['deprecated-version', 'DEPRECATED_VERSION'],
    ['unpaired', 'UNPAIRED'],
  ] as const)('are struck by %s when it is ordered, at their start or at a message', async (fault, state) => {
    web.fault(fault, { at: 'start', times: 1 });
    const page = await barePage(state);
    await page.goto('https://web.whatsapp.com/');
    await until(async () => (await page.evaluate(socketState)) === 'CONNECTED');
    web.order(fault, 1);
    await page.evaluate(sendChosen, BANANI, 'x', `3EB0${state.replaceAll('_', '')}`, SHORT_MS);
    await until(async () => (await page.evaluate(socketState)) === state);
  });

  it('never connect', async () => {
    web.fault('opening-forever');
    const connections = web.connections;
    const page = await barePage('OPENING');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await page.evaluate(socketState)).toBe('OPENING');
    expect(web.connections).toBe(connections);
  });

  it('never load, load without ever starting, never have synced', async () => {
    web.fault('never-loads', { times: 1 });
    web.fault('no-debug-version', { times: 2 });
    const lost = await browser.newPage();
    const loading = lost.goto('https://web.whatsapp.com/').catch(() => 'closed');
    await until(() => web.visits > 0 && lost.url() === 'about:blank');
    expect(await Promise.race([loading, new Promise((resolve) => setTimeout(resolve, 300, 'loading'))])).toBe(
      'loading',
    );
    await lost.close();
    const client = openClientIn(browser, { authTimeoutMs: 500 });
    await expect(client.initialize()).rejects.toBe('auth timeout');
    await client.pupPage.close();
    web.fault('never-syncs');
    const page = await barePage();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await page.evaluate(hasSynced)).toBe(false);
  });

  it('go somewhere else late, once, and are well again', async () => {
    web.fault('late-navigation', { afterMs: 100 });
    const page = await browser.newPage();
    open.push(page);
    await page.goto('https://web.whatsapp.com/');
    await until(() => page.url().endsWith('/?late'));
    await until(async () => (await page.evaluate(socketState).catch(() => '')) === 'CONNECTED');
  });

  it('show what they have, the newest message too', async () => {
    const page = await barePage();
    await page.evaluate(sendChosen, BANANI, 'to be seen', '3EB0SEEN', LONG_MS);
    expect(await page.evaluate(textOf, '#pane-side')).toContain('আদাবর এনওসিএস');
    expect(await page.evaluate(textOf, '#main')).toContain('to be seen');
  });

  it('are logged out in the midst of a send, and show codes until there are no more', async () => {
    web.settings.references = 3;
    const page = await barePage();
    web.order('revoke', 1);
    await page.evaluate(sendChosen, BANANI, 'lost', '3EB0AABB', LONG_MS).catch(() => {});
    await until(() => page.url().includes('post_logout=1'));
    const first = await web.qr();
    web.refreshQr();
    await until(async () => (await web.qr()) !== first);
    expect(await page.evaluate(socketState)).toBe('UNPAIRED');
    web.refreshQr();
    await web.qr();
    web.refreshQr();
    await until(async () => (await page.evaluate(socketState)) === 'UNPAIRED_IDLE');
    expect(web.deliveries.map(({ text }) => text)).not.toContain('lost');
  });

  it('are refused with a profile newer than the server likes', async () => {
    const page = await barePage('UNPAIRED');
    await web.scanQr();
    await until(async () => (await page.evaluate(socketState)) === 'CONNECTED');
    web.refuseProfilesAfter(1);
    await barePage();
    const second = await barePage('OPENING');
    await until(() => second.url().includes('post_logout=1'));
    expect(await web.qr()).toContain('2@');
  });

  it('freeze: nothing can be evaluated any more', async () => {
    web.fault('freezes', { afterMs: 200 });
    const page = await browser.newPage();
    await page.goto('https://web.whatsapp.com/');
    await web.scanQr();
    await new Promise((resolve) => setTimeout(resolve, 600));
    const answer = page.evaluate('1').catch(() => 'closed');
    const nothing = new Promise((resolve) => setTimeout(resolve, 300, 'nothing'));
    expect(await Promise.race([answer, nothing])).toBe('nothing');
  });
});
