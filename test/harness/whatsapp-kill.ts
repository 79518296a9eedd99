import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { openSqlite } from '../../src/ledger/sqlite.ts';
import type { Delivery, Sent, WhatsAppWeb } from '../standins/whatsapp-web/index.ts';
import { startWhatsAppWeb } from '../standins/whatsapp-web/index.ts';
import type { Running } from './command.ts';
import { copyDirectory } from './copy.ts';
import { processesNaming, tryToKill } from './processes.ts';
import { WhatsAppPlace } from './whatsapp-place.ts';
import { type Command, countMeters, eachOnce, meterNumbers, scanJson } from './workplace.ts';

export const VICTIMS = ['Node', 'Chromium', 'both'] as const;
export type Victim = (typeof VICTIMS)[number];

type WhenOver = (cleanUp: () => Promise<void>) => void;

/** Where a scan is killed; it sends four messages, the last of them a digest. */
export interface Point {
  readonly name: string;
  /** Calls `strike` in the very moment. */
  readonly arm: (scene: Scene, strike: () => void) => void;
  /** A scan before it is killed there. */
  readonly after?: Point;
}

/** A scan under way, seen from outside. */
interface Scene {
  readonly place: WhatsAppPlace;
  readonly scan: Running;
  /** As they were before it. */
  readonly visits: number;
  readonly connections: number;
  readonly deliveries: number;
}

export const POINTS: readonly Point[] = [
  watched('Chromium has been started', ({ place }) => processesNaming(profileHome(place)).length > 0),
  watched('Chromium has taken its profile', ({ place }) => exists(join(profile(place), 'SingletonLock'))),
  watched('the page has been asked for', ({ place, visits }) => place.web.visits > visits),
  watched('the page has reached the server', ({ place, connections }) => place.web.connections > connections),
  {
    name: 'it says that it is connected',
    arm: ({ scan }, strike) => scan.wrote('Connected to WhatsApp').then(strike, () => {}),
  },
  ...[1, 2, 3].flatMap((n) => [
    inLedger(`message ${n} is marked as sending`, n, ''),
    arriving(`message ${n} arrives at the server, which loses it`, n, 'never-ack'),
    arriving(`message ${n} arrives at the server, which accepts it`, n, 'accept'),
    answered(n),
    inLedger(`message ${n} is settled`, n, `WHERE send_status = 'sent'`),
  ]),
  arriving('the digest arrives at the server, which loses it', 4, 'never-ack'),
  arriving('the digest arrives at the server, which accepts it', 4, 'accept'),
  inLedger('everything is settled', 4, `WHERE send_status = 'sent'`),
  watched('the page has left the server', ({ place, connections }) => {
    return place.web.connections > connections && place.web.connected === 0;
  }),
  {
    ...arriving('message 1 arrives a second time, and the server loses it again', 1, 'never-ack'),
    after: arriving('message 1 arrives at the server, which loses it', 1, 'never-ack'),
  },
];

/** The point of this name. */
export function point(name: string): Point {
  const found = POINTS.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no such point: ${name}`);
  return found;
}

function watched(name: string, isReached: (scene: Scene) => boolean): Point {
  return { name, arm: (scene, strike) => void strikeWhen(() => isReached(scene), scene, strike) };
}

async function strikeWhen(isReached: () => boolean, { scan }: Scene, strike: () => void): Promise<void> {
  while (scan.process.exitCode === null && scan.process.signalCode === null) {
    if (isReached()) return strike();
    await sleep(1);
  }
}

function arriving(name: string, nth: number, outcome: 'accept' | 'never-ack'): Point {
  return {
    name,
    arm: ({ place }, strike) => {
      let arrived = 0;
      place.web.order(outcome, () => {
        arrived += 1;
        if (arrived === nth) strike();
        return arrived === nth;
      });
    },
  };
}

function answered(nth: number): Point {
  return watched(`message ${nth} is answered`, ({ place, deliveries }) => {
    return place.web.deliveries.length === deliveries + nth;
  });
}

/** So many messages are in the ledger. */
function inLedger(name: string, count: number, where: string): Point {
  return {
    name,
    arm: (scene, strike) => {
      const ledger = openSqlite(join(scene.place.state, 'ledger.db'), { readonly: true });
      const counted = ledger.prepare(`SELECT count(*) FROM messages ${where}`).pluck();
      void strikeWhen(() => counted.get() === count, scene, strike).finally(() => ledger.close());
    },
  };
}

const [FIRST = '', SECOND = '', THIRD = '', ...IN_DIGEST] = meterNumbers(10);
const METERS = [FIRST, SECOND, THIRD, ...IN_DIGEST];
const MESSAGES = 4;

const COMMANDS: readonly Command[] = [
  { meter: FIRST, nocs: 'Banani', minutes: 190 },
  { meter: SECOND, nocs: 'Lalbagh', minutes: 180 },
  { meter: THIRD, nocs: 'Banani', minutes: 170 },
  ...IN_DIGEST.map((meter) => ({ meter, nocs: 'Adabor', minutes: 160 })),
];

const SETTINGS = {
  groups: {
    byNocs: {
      Banani: '8801712345678-1609459200@g.us',
      Adabor: '120363040000000001@g.us',
      Lalbagh: '120363040000000002@g.us',
    },
  },
  // Long enough for a kill between two messages to be one.
  pace: { minGap: '150ms', maxGap: '150ms', perGroupGap: '0s', digestAbove: 5 },
  whatsapp: { connectTimeout: '40s', ackTimeout: '20s' },
};

/** One link, cloned for each scan that is killed. */
export class LinkedOnce {
  readonly #web: WhatsAppWeb;
  readonly #state: string;

  private constructor(web: WhatsAppWeb, state: string) {
    this.#web = web;
    this.#state = state;
  }

  static async link(whenOver: WhenOver): Promise<LinkedOnce> {
    const web = await startWhatsAppWeb();
    whenOver(() => web.close());
    const place = new WhatsAppPlace(web, SETTINGS, whenOver);
    const { code, stderr } = await place.login();
    expect(code, stderr).toBe(0);
    return new LinkedOnce(web, place.state);
  }

  place(whenOver: WhenOver): WhatsAppPlace {
    const place = new WhatsAppPlace(this.#web, SETTINGS, whenOver);
    // What a failed test leaves behind.
    whenOver(async () => {
      for (const pid of processesNaming(profileHome(place))) tryToKill(pid);
    });
    copyDirectory(this.#state, place.state);
    place.late(COMMANDS);
    return place;
  }
}

/**
 * Kills a scan at the point, then scans until there is nothing left to do: every message has arrived once, nothing of
 * Chromium is left, and the profile opens.
 */
export async function surviveKill(place: WhatsAppPlace, point: Point, victim: Victim, resendsKept: boolean) {
  const { web } = place;
  web.settings.resendsKept = resendsKept;
  const before = { deliveries: web.deliveries.length, repeats: web.repeats.length };
  if (point.after !== undefined) await killedScan(place, point.after, victim);
  await killedScan(place, point, victim);
  const connections = web.connections;
  await scanUntilQuiet(place);

  const delivered = web.deliveries.slice(before.deliveries);
  expect(timesTold(delivered)).toEqual(eachOnce(METERS));
  expect(delivered.length).toBe(MESSAGES);
  expectSame(delivered, web.repeats.slice(before.repeats), place);
  if (web.connections === connections) await expectToOpen(place);
  expect(processesNaming(profileHome(place))).toEqual([]);
}

function timesTold(delivered: readonly Delivery[]): Record<string, number> {
  return countMeters(delivered.map(({ text }) => text).join('\n'), METERS);
}

/** What arrived, what arrived again and was dropped, and what the ledger says, have the same text under the same id. */
function expectSame(delivered: readonly Delivery[], repeats: readonly Sent[], place: WhatsAppPlace): void {
  const texts = new Map(delivered.map(({ id, text }) => [id, text]));
  expect(texts.size).toBe(MESSAGES);
  for (const { id, text } of repeats) expect(text).toBe(texts.get(id));
  for (const { message_id, message } of place.rows()) expect(message).toBe(texts.get(message_id ?? ''));
}

async function expectToOpen(place: WhatsAppPlace): Promise<void> {
  const { code, stderr } = await place.run(['groups']);
  expect(code, stderr).toBe(0);
}

async function killedScan(place: WhatsAppPlace, point: Point, victim: Victim): Promise<void> {
  const { web } = place;
  const scan = place.start(['scan', '--json']);
  const { visits, connections } = web;
  const scene = { place, scan, visits, connections, deliveries: web.deliveries.length };
  await new Promise<void>((resolve, reject) => {
    const tooEarly = () => reject(new Error(`it ended before ${point.name}`));
    scan.finished.then(tooEarly, tooEarly);
    point.arm(scene, () => {
      kill(victim, scene);
      resolve();
    });
  });
  const { code, signal, stderr } = await scan.finished;
  web.heal();
  if (victim === 'Chromium') expect(ENDS_BY_ITSELF, stderr).toContain(code);
  else expect(signal).toBe('SIGKILL');
  await expectNoChromium(place);
}

/** Everything was sent already; a message is of unknown fate; WhatsApp is not to be reached. */
const ENDS_BY_ITSELF = [0, 4, 69];
/** Chromium ends by itself when Node is gone. */
const GONE_WITHIN_MS = 10_000;

function kill(victim: Victim, { place, scan }: Scene): void {
  const chromium = victim === 'Node' ? [] : processesNaming(profileHome(place));
  const node = victim === 'Chromium' ? [] : [scan.process.pid ?? 0];
  const killed = [...node, ...chromium].filter((pid) => tryToKill(pid));
  if (killed.length === 0) throw new Error(`${victim} had ended already`);
}

async function expectNoChromium(place: WhatsAppPlace): Promise<void> {
  const until = Date.now() + GONE_WITHIN_MS;
  while (processesNaming(profileHome(place)).length > 0 && Date.now() < until) await sleep(20);
  expect(processesNaming(profileHome(place))).toEqual([]);
}

async function scanUntilQuiet(place: WhatsAppPlace): Promise<void> {
  for (let scans = 0; scans < 4; scans += 1) {
    const finished = await place.scan();
    expect(scanJson(finished).errors.map(({ code }) => code)).not.toContain('ERR_RC_LOCKED');
    const rows = place.rows();
    if (rows.length === METERS.length && rows.every((row) => row.send_status === 'sent')) {
      expect(finished.code, finished.stderr).toBe(0);
      return;
    }
  }
  throw new Error('it does not come to rest');
}

function profileHome({ state }: WhatsAppPlace): string {
  return join(state, 'whatsapp');
}

function profile(place: WhatsAppPlace): string {
  return join(profileHome(place), 'session');
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
