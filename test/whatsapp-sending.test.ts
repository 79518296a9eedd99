import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openSqlite } from '../src/ledger/sqlite.ts';
import { realRuntime } from '../src/runtime.ts';
import { LinkedPlaces, lastCloseWasUnclean, read, scanned } from './harness/linked-places.ts';
import { processesNaming, tryToKill } from './harness/processes.ts';
import type { WhatsAppPlace } from './harness/whatsapp-place.ts';
import { type Command, NO_GAPS } from './harness/workplace.ts';
import { group, groupsOfEveryKind, type Strike } from './standins/whatsapp-web/index.ts';

const OPEN = '8801712345678-1609459200@g.us';
const NEW = '120363040000000001@g.us';
const LID = '120363040000000002@g.us';
const ACK_MS = 3_000;
/** What a scan may take beside waiting for acks: start, connecting, a picture of the page, an orderly close. */
const REST_MS = 35_000;
const SETTINGS = {
  groups: { default: OPEN, byNocs: { 'NOCS-NEW': NEW, 'NOCS-LID': LID } },
  whatsapp: { connectTimeout: '40s', ackTimeout: `${ACK_MS}ms`, linkSettle: '0s' },
};
const TWO = [{ meter: '10000001', minutes: 200 }, { meter: '10000002' }];

let linked: LinkedPlaces;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const options = { reconnectMs: 500 };
  linked = await LinkedPlaces.link(SETTINGS, options, (cleanUp) => cleanUps.push(cleanUp));
});

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

/** A place with late commands, and what the server got of them. */
function start(commands: readonly Command[] = TWO, settings = {}) {
  const place = linked.place(settings);
  place.late(commands);
  const { web } = linked;
  const before = [web.deliveries.length, web.repeats.length, web.arrivals.length] as const;
  return {
    place,
    web,
    delivered: () => web.deliveries.slice(before[0]),
    repeats: () => web.repeats.slice(before[1]),
    arrivals: () => web.arrivals.slice(before[2]),
  };
}

function statuses(place: WhatsAppPlace): string[] {
  return place.rows().map(({ send_status }) => send_status);
}

/** Every row was sent, and arrived once, under its id and with its text. */
function expectEachOnce(place: WhatsAppPlace, delivered: readonly { id: string; text: string }[]): void {
  const inLedger = place.rows().map(({ message_id, message }) => ({ id: message_id, text: message }));
  expect(statuses(place)).toEqual(inLedger.map(() => 'sent'));
  expect(delivered.map(({ id, text }) => ({ id, text }))).toEqual(expect.arrayContaining(inLedger));
  expect(delivered).toHaveLength(inLedger.length);
}

describe('what the server answers decides', () => {
  it('a refused message is tried again later; the others go out', async () => {
    const { place, web, delivered } = start();
    web.order('refuse', 1);
    const scan = await scanned(place);
    expect(scan, scan.stderr).toMatchObject({ code: 0, codes: [], counts: { sent: 1, failed: 1 } });
    const [refused, other] = place.rows();
    expect(refused).toMatchObject({ send_status: 'failed', attempts: 1, ack: -1 });
    expect(refused?.error).toContain('refused');
    const wait = Date.parse(refused?.next_attempt_at ?? '') - Date.parse(refused?.updated_at ?? '');
    expect(wait).toBe(15 * 60_000);
    expect(other).toMatchObject({ send_status: 'sent', ack: 1 });
    expect(delivered()).toMatchObject([{ id: other?.message_id }]);
  });

  it('late answers and a lost connection are waited for', async () => {
    const { place, web, delivered, repeats } = start();
    web.order({ do: 'delay', ms: 1_500 }, 1);
    web.order('drop', 2);
    const scan = await scanned(place);
    expect(scan, scan.stderr).toMatchObject({ code: 0, counts: { sent: 2 } });
    expectEachOnce(place, delivered());
    expect(repeats()).toEqual([]);
  });

  it('without an answer the scan stops (69); the next one sends it under the same id', async () => {
    const { place, web, delivered, arrivals } = start();
    web.order('never-ack', 1);
    const scan = await scanned(place);
    expect(scan).toMatchObject({ code: 69, codes: ['ERR_RC_NO_ACK', 'ERR_RC_UNKNOWN_FATE'] });
    expect(scan.counts).toMatchObject({ sent: 0, unknown: 1, pending: 1 });
    expect(scan.took).toBeLessThan(ACK_MS + REST_MS);
    expect(statuses(place)).toEqual(['unknown', 'pending']);
    expect(lastCloseWasUnclean(place)).toBe(false);
    web.heal();
    expect(await scanned(place)).toMatchObject({ code: 0, counts: { sent: 2 } });
    expectEachOnce(place, delivered());
    expect(new Set(arrivals().map(({ id }) => id)).size).toBe(2);
    expect(arrivals()).toHaveLength(3);
  });

  it('accepted, and the answer lost: it arrives once, though the page sends it again by itself', async () => {
    const { place, web, delivered, repeats } = start();
    web.order('lose-answer', 1);
    expect(await scanned(place)).toMatchObject({ code: 69, counts: { sent: 0, unknown: 1, pending: 1 } });
    web.heal();
    web.settings.resendsKept = true;
    onTestFinished(() => {
      web.settings.resendsKept = false;
    });
    expect(await scanned(place)).toMatchObject({ code: 0, counts: { sent: 2, unknown: 0 } });
    expectEachOnce(place, delivered());
    expect(repeats().length).toBeGreaterThan(0);
    for (const { id } of repeats()) expect(id).toBe(delivered()[0]?.id);
  });

  it('what the page has marked as failed or refused is sent again all the same', async () => {
    const { place, web, delivered } = start();
    web.order('fail-in-page', 1);
    expect(await scanned(place)).toMatchObject({ code: 69, codes: ['ERR_RC_NO_ACK', 'ERR_RC_UNKNOWN_FATE'] });
    expect(statuses(place)).toEqual(['unknown', 'pending']);
    web.heal();
    // Of a message that may have arrived, a refusal proves nothing.
    web.order('refuse', 1);
    const refused = await scanned(place);
    expect(refused).toMatchObject({ code: 4, codes: ['ERR_RC_UNKNOWN_FATE'], counts: { sent: 1 } });
    web.heal();
    const scan = await scanned(place);
    expect(scan, scan.stderr).toMatchObject({ code: 0 });
    expectEachOnce(place, delivered());
  });
});

describe('what ends the session between two messages stops the scan before the next one is begun', () => {
  const PACED = { pace: { minGap: '60s', maxGap: '60s', perGroupGap: '0s' } };
  const ends: [string, number, string, (place: WhatsAppPlace) => void][] = [
    ['conflict', 69, 'ERR_RC_CONFLICT', ({ web }) => web.strike('conflict')],
    ['tos-block', 77, 'ERR_RC_ACCOUNT_RESTRICTED', ({ web }) => web.strike('tos-block')],
    [
      'a page that loads anew',
      69,
      'ERR_RC_PAGE_RELOADED',
      ({ web }) => {
        web.fault('opening-forever');
        web.strike('late-navigation');
      },
    ],
    ['Chromium killed', 69, 'ERR_RC_CHROMIUM_ENDED', killChromium],
  ];
  it.each(ends)('%s', async (_, code, errorCode, strike) => {
    const { place, web, delivered, arrivals } = start(TWO, PACED);
    const scan = place.start(['scan', '--json']);
    await expect.poll(() => delivered().length).toBe(1);
    await expect.poll(() => statuses(place)).toEqual(['sent', 'pending']);
    strike(place);
    const { codes, ...ended } = read(await scan.finished, place);
    expect({ code: ended.code, codes }, ended.stderr).toEqual({ code, codes: [errorCode] });
    expect(place.rows().map(({ send_status, attempts }) => [send_status, attempts])).toEqual([
      ['sent', 1],
      ['pending', 0],
    ]);
    web.heal();
    place.configure(SETTINGS);
    expect(await scanned(place)).toMatchObject({ code: 0, counts: { sent: 1 } });
    expect(arrivals()).toHaveLength(2);
  });

  function killChromium(place: WhatsAppPlace): void {
    for (const pid of processesNaming(join(place.state, 'whatsapp'))) tryToKill(pid);
  }
});

it('where everything is refused, to several groups, no more is handed over (69)', async () => {
  const commands = Array.from({ length: 6 }, (_, index) => {
    const nocs = ['NOCS-NEW', 'NOCS-LID', 'another'][index % 3] ?? '';
    return { meter: `5000000${index}`, nocs, minutes: 200 - index };
  });
  const { place, web, arrivals } = start(commands, { pace: { ...NO_GAPS, digestAbove: 5 } });
  web.order({ do: 'refuse', code: 429 });
  const scan = await scanned(place);
  expect(scan).toMatchObject({ code: 69, codes: ['ERR_RC_ALL_REFUSED'], counts: { failed: 3, pending: 3 } });
  expect(arrivals()).toHaveLength(3);
});

describe('a session that ends in the middle of a message stops the scan; that message is looked up next time', () => {
  const ends: [Strike, number, RegExp][] = [
    ['conflict', 69, /^ERR_RC_CONFLICT$/],
    ['tos-block', 77, /^ERR_RC_ACCOUNT_RESTRICTED$/],
    ['unpaired', 77, /^ERR_RC_SESSION_LOST$/],
    ['late-navigation', 69, /^ERR_RC_(NO_ACK|PAGE_RELOADED)$/],
    ['freezes', 69, /^ERR_RC_NO_ACK$/],
  ];
  it.each(ends)('%s', async (strike, code, errorCode) => {
    const { place, web, delivered } = start();
    web.order(strike, 1);
    const scan = await scanned(place);
    expect(scan.codes, scan.stderr).toEqual([expect.stringMatching(errorCode), 'ERR_RC_UNKNOWN_FATE']);
    expect(scan.code).toBe(code);
    expect(scan.took).toBeLessThan(REST_MS);
    expect(statuses(place)).toEqual(['unknown', 'pending']);
    expect(delivered()).toEqual([]);
  });

  it('a scan told to stop in the middle of a message waits for it, and closes in order (75)', async () => {
    const { place, web, arrivals, delivered } = start();
    web.order({ do: 'delay', ms: 2_000 }, 1);
    const scan = place.start(['scan', '--json']);
    while (arrivals().length === 0) await realRuntime.clock.sleep(50);
    scan.process.kill('SIGTERM');
    expect(read(await scan.finished, place)).toMatchObject({ code: 75, codes: ['ERR_RC_STOPPED'] });
    expect(statuses(place)).toEqual(['sent', 'pending']);
    expect(delivered()).toHaveLength(1);
    expect(lastCloseWasUnclean(place)).toBe(false);
  });
});

describe('groups', () => {
  const closed = groupsOfEveryKind().filter(({ name }) =>
    ['DPDC notices', 'Old team', 'Suspended', 'Terminated', 'DPDC community'].includes(name),
  );
  const UNKNOWN = group('120363040000009999@g.us', 'not known here');
  const byNocs = Object.fromEntries([...closed, UNKNOWN].map(({ id, name }) => [name, id]));
  const commands = Object.keys(byNocs).map((nocs, index) => ({ meter: `2000000${index}`, nocs }));
  const WHY = [
    'only admins may post',
    'not a member any more',
    'suspended the group',
    'the group was ended',
    'it is a community',
    'not in such a group',
  ];

  it('what can not be posted to goes to the default group, with the reason', async () => {
    const pace = { minGap: '0s', maxGap: '0s', perGroupGap: '0s', digestAbove: 10 };
    const { place, delivered } = start(commands, { groups: { default: OPEN, byNocs }, pace });
    const scan = await scanned(place);
    expect(scan, scan.stderr).toMatchObject({ code: 0, counts: { sent: commands.length } });
    expectEachOnce(place, delivered());
    expect(new Set(delivered().map((message) => message.group))).toEqual(new Set([OPEN]));
    const notes = place.query('SELECT note FROM message_notifications ORDER BY notification_id') as {
      note: string;
    }[];
    expect(notes).toHaveLength(WHY.length);
    for (const [index, why] of WHY.entries()) expect(notes[index]?.note).toContain(why);
  });

  it('a group whose members nobody tells does not keep the others waiting', async () => {
    const unread = '120363040000000077@g.us';
    const { place, web, delivered } = start(
      [
        { meter: '20000021', nocs: 'NOCS-NEW', minutes: 200 },
        { meter: '20000022', nocs: 'Unread' },
      ],
      { groups: { default: OPEN, byNocs: { 'NOCS-NEW': NEW, Unread: unread } } },
    );
    const { groups } = web;
    onTestFinished(() => {
      web.groups = groups;
    });
    web.groups = [...groups, group(unread, 'Unread', { participants: 0, member: false })];
    web.fault('metadata-hangs');
    const scan = await scanned(place);
    expect(scan, scan.stderr).toMatchObject({ code: 0, counts: { sent: 2 } });
    expect(delivered().map((one) => one.group)).toEqual([NEW, OPEN]);
  });

  it('without a default group it waits, with the reason (1)', async () => {
    const { place, delivered } = start(commands, { groups: { default: null, byNocs } });
    expect(await scanned(place)).toMatchObject({ code: 1, codes: ['ERR_RC_NO_GROUP'] });
    expect(delivered()).toEqual([]);
    const rows = place.rows();
    for (const [index, why] of WHY.entries()) {
      expect(rows[index]).toMatchObject({ send_status: 'pending', reason: 'no-group', attempts: 0 });
      expect(rows[index]?.error).toContain(why);
    }
  });

  it.each(['$1', '_serialized'] as const)(
    'both kinds of address, with message keys that call their text %s',
    async (keyField) => {
      const { place, web, delivered, repeats } = start([
        { meter: '30000001', nocs: 'NOCS-NEW', minutes: 200 },
        { meter: '30000002', nocs: 'NOCS-LID' },
      ]);
      web.settings.keyField = keyField;
      onTestFinished(() => {
        web.settings.keyField = '$1';
      });
      web.order('lose-answer', LID);
      expect(await scanned(place)).toMatchObject({ code: 69, counts: { sent: 1, unknown: 1 } });
      web.heal();
      expect(await scanned(place)).toMatchObject({ code: 0, counts: { sent: 1 } });
      expectEachOnce(place, delivered());
      expect(delivered().map(({ sender }) => sender)).toEqual([
        `${web.account.number}@c.us`,
        web.account.lid,
      ]);
      expect(repeats()).toMatchObject([{ sender: web.account.lid }]);
    },
  );

  it('a group that changes over to hidden numbers between two attempts is told once', async () => {
    const { place, web, delivered, repeats } = start([{ meter: '30000003', nocs: 'NOCS-NEW' }]);
    const { groups } = web;
    onTestFinished(() => {
      web.groups = groups;
    });
    web.order('lose-answer', 1);
    expect(await scanned(place)).toMatchObject({ code: 69, counts: { unknown: 1 } });
    web.heal();
    web.groups = groups.map((one) => (one.id === NEW ? { ...one, lid: true } : one));
    expect(await scanned(place)).toMatchObject({ code: 0, counts: { sent: 1 } });
    expectEachOnce(place, delivered());
    expect(repeats()).toHaveLength(1);
  });
});

it('hostile text arrives as the ledger has it: no card, no link opened, no mark lost', async () => {
  const names = [
    'BEGIN:VCARD END:VCARD',
    'https://example.com/?a=1&b=<b>',
    '*b* _i_ ~s~ ```c``` \u202Egnp',
    '‘‘ ৳ 👩‍👩‍👧 "q" \\ $x {{y}}',
  ];
  const commands = names.map((customer, index) => ({
    meter: `4000000${index}`,
    customer: `"${customer.replaceAll('"', '""')}"`,
  }));
  const { place, web, delivered } = start(commands);
  web.fault('link-preview-hangs');
  const scan = await scanned(place);
  expect(scan, scan.stderr).toMatchObject({ code: 0, counts: { sent: names.length } });
  expectEachOnce(place, delivered());
  expect(delivered().some(({ text }) => text.includes('https://example.com/?a=1&b=<b>'))).toBe(true);
});

describe('a WhatsApp Web that has changed', () => {
  it('so that ids can not be chosen: nothing leaves it (69), and nothing is lost', async () => {
    const { place, web, arrivals, delivered } = start();
    web.fault('fixed-ids');
    const scan = await scanned(place);
    expect(scan).toMatchObject({ code: 69, codes: ['ERR_RC_WEB_CHANGED'] });
    expect(scan.errors[0]?.hint).toContain('newer rc-notify');
    expect(arrivals()).toEqual([]);
    expect(statuses(place)).toEqual(['failed', 'pending']);
    expect(place.rows()[0]?.next_attempt_at).not.toBeNull();
    web.heal();
    expect(await scanned(place)).toMatchObject({ code: 0, counts: { sent: 1, failed: 0 } });
    expect(delivered()).toHaveLength(1);
  });

  it('so that the library breaks on its way: nothing leaves it (69), and nothing is of unknown fate', async () => {
    const { place, web, arrivals, delivered } = start();
    web.fault('no-ephemeral-fields');
    const scan = await scanned(place);
    expect(scan).toMatchObject({ code: 69, codes: ['ERR_RC_WEB_CHANGED'] });
    expect(statuses(place)).toEqual(['failed', 'pending']);
    expect(arrivals()).toEqual([]);
    web.heal();
    expect(await scanned(place)).toMatchObject({ code: 0, counts: { sent: 1 } });
    expect(delivered()).toHaveLength(1);
  });

  it('so that what it kept can not be sent again: it is removed and sent anew under its id', async () => {
    const { place, web, delivered, repeats } = start();
    web.order('lose-answer', 1);
    expect(await scanned(place)).toMatchObject({ code: 69, counts: { unknown: 1 } });
    web.heal();
    web.fault('no-resend');
    const scan = await scanned(place);
    expect(scan, scan.stderr).toMatchObject({ code: 0, counts: { sent: 2, unknown: 0 } });
    expectEachOnce(place, delivered());
    expect(repeats()).toMatchObject([{ id: delivered()[0]?.id }]);
  });
});

it('a link unused for a week is used once, though nothing is late', async () => {
  const { place, web, arrivals } = start([]);
  const connectionsOf = async () => {
    const before = web.connections;
    const scan = await scanned(place);
    expect(scan, scan.stderr).toMatchObject({ code: 0, counts: { sent: 0 } });
    return web.connections - before;
  };
  expect(await connectionsOf()).toBe(0);
  const ledger = openSqlite(join(place.state, 'ledger.db'));
  const eightDaysAgo = new Date(Date.now() - 8 * 24 * 60 * 60_000).toISOString();
  ledger.prepare('UPDATE links SET last_connected_at = ?').run(eightDaysAgo);
  ledger.close();
  expect(await connectionsOf()).toBe(1);
  expect(await connectionsOf()).toBe(0);
  expect(arrivals()).toEqual([]);
});

// The last one: with it the link of the other places has ended.
it('unlinked in the middle of a message (77): after a new login it arrives once', async () => {
  const { place, web, delivered } = start();
  web.order('revoke', 1);
  const scan = await scanned(place);
  expect(scan.codes, scan.stderr).toEqual(['ERR_RC_LOGGED_OUT', 'ERR_RC_UNKNOWN_FATE']);
  expect(scan.code).toBe(77);
  expect(statuses(place)).toEqual(['unknown', 'pending']);
  expect(lastCloseWasUnclean(place)).toBe(false);
  web.heal();
  expect((await place.login()).code).toBe(0);
  expect(await scanned(place)).toMatchObject({ code: 0, counts: { sent: 2 } });
  expectEachOnce(place, delivered());
});
