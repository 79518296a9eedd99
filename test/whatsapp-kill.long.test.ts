import { afterAll, beforeAll, describe, it } from 'vitest';
import { LinkedOnce, POINTS, surviveKill, VICTIMS } from './harness/whatsapp-kill.ts';

let linked: LinkedOnce;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  linked = await LinkedOnce.link((cleanUp) => cleanUps.push(cleanUp));
}, 60_000);
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

describe.each(VICTIMS)('SIGKILL of %s in the middle of a scan: every message arrives once', (victim) => {
  for (const [index, point] of POINTS.entries()) {
    const resendsKept = (index + VICTIMS.indexOf(victim)) % 2 === 0;
    it(`when ${point.name}${resendsKept ? ', and the page sends again by itself' : ''}`, async ({
      onTestFinished,
    }) => {
      await surviveKill(linked.place(onTestFinished), point, victim, resendsKept);
    });
  }
});
