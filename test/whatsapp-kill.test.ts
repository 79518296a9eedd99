import { afterAll, beforeAll, it, onTestFinished } from 'vitest';
import { LinkedOnce, point, surviveKill, type Victim } from './harness/whatsapp-kill.ts';

let linked: LinkedOnce;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  linked = await LinkedOnce.link((cleanUp) => cleanUps.push(cleanUp));
});
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

/** Five of those that `npm run test:long` goes through; `true`: the page sends again by itself what it kept. */
const KILLS: readonly (readonly [Victim, string, boolean])[] = [
  ['Chromium', 'the page has reached the server', false],
  ['both', 'message 1 arrives at the server, which accepts it', false],
  ['Node', 'message 2 arrives at the server, which loses it', true],
  ['both', 'message 3 is answered', true],
  ['Node', 'the page has left the server', false],
];

it.each(KILLS)(
  'SIGKILL of %s when %s: every message arrives once (the page sends again by itself: %s)',
  async (victim, name, resendsKept) => {
    await surviveKill(linked.place(onTestFinished), point(name), victim, resendsKept);
  },
);
