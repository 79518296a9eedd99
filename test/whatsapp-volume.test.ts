import { expect, it } from 'vitest';
import type { WhatsAppPlace } from './harness/whatsapp-place.ts';
import { whatsAppPlace } from './harness/whatsapp-place.ts';
import { type Command, countMeters, eachOnce, meterNumbers, scanJson } from './harness/workplace.ts';
import { manyGroups } from './standins/whatsapp-web/index.ts';

const GROUPS = manyGroups(36);
const METERS = meterNumbers(200);
const PER_SCAN = 40;
const GROUP_GAP_MS = 1000;

interface Meter extends Command {
  readonly minutes: number;
  readonly group: string;
}

/** One message: one meter, or the digest of a group's. */
type Message = readonly Meter[];

/** Six offices with 20 late meters, 20 with three, ten with two; no two of them are of one age. */
const OFFICES: readonly (readonly Meter[])[] = GROUPS.map(({ id }, office) => {
  const count = sizeOf(office);
  const first = GROUPS.slice(0, office).reduce((sum, _, earlier) => sum + sizeOf(earlier), 0);
  return METERS.slice(first, first + count).map((meter, index) => {
    // Of three the second is an ALERT, so that the order in the file is not the order of urgency.
    const isStuck = index % 2 === 0;
    const spread = (first + index) * 0.25;
    return { meter, group: id, nocs: `OFFICE ${office}`, minutes: isStuck ? 121 + spread : 61 + spread };
  });
});

function sizeOf(office: number): number {
  if (office < 6) return 20;
  return office < 26 ? 3 : 2;
}

/** STUCK before ALERT, oldest first; a digest by its most urgent meter. */
const MESSAGES: readonly Message[] = OFFICES.flatMap((meters) =>
  meters.length > 5 ? [meters] : meters.map((meter) => [meter]),
).sort((a, b) => oldest(b) - oldest(a));

/** Every STUCK one is older than every ALERT. */
function oldest(message: Message): number {
  return Math.max(...message.map(({ minutes }) => minutes));
}

function settings(perDay: number) {
  const byNocs = Object.fromEntries(GROUPS.map(({ id }, office) => [`OFFICE ${office}`, id]));
  return {
    groups: { byNocs },
    pace: { minGap: '0s', maxGap: '0s', perGroupGap: '1s', perScan: PER_SCAN, perDay, digestAbove: 5 },
  };
}

it('200 meters late at once in 36 groups: digests, most urgent first, in order, under the caps, the rest by the next scans', async () => {
  const allButTwo = MESSAGES.length - 2;
  const place = await whatsAppPlace(settings(allButTwo), { groups: GROUPS });
  expect((await place.login()).code).toBe(0);
  place.late(OFFICES.flat());

  await expectScanToSend(place, MESSAGES.slice(0, PER_SCAN));
  await expectScanToSend(place, MESSAGES.slice(PER_SCAN, 2 * PER_SCAN));
  await expectScanToSend(place, MESSAGES.slice(2 * PER_SCAN, allButTwo));
  await expectScanToSend(place, []);
  place.configure(settings(1000));
  await expectScanToSend(place, MESSAGES.slice(allButTwo));

  const { deliveries } = place.web;
  expect(countMeters(deliveries.map(({ text }) => text).join('\n'), METERS)).toEqual(eachOnce(METERS));
  expect(place.web.repeats).toEqual([]);
  for (const { id } of GROUPS) expectOrderIn(place, id);
  expectGroupGaps(place);
});

async function expectScanToSend(place: WhatsAppPlace, messages: readonly Message[]): Promise<void> {
  const before = place.web.deliveries.length;
  const finished = await place.scan();
  expect(finished.code, finished.stderr).toBe(0);
  expect(scanJson(finished).counts).toMatchObject({
    messagesSent: messages.length,
    sent: messages.flat().length,
  });

  const delivered = place.web.deliveries.slice(before);
  const told = METERS.filter((meter) => delivered.some(({ text }) => text.includes(meter)));
  expect(told).toEqual(
    messages
      .flat()
      .map(({ meter }) => meter)
      .sort(),
  );
  const waiting = place.rows().filter(({ send_status }) => send_status !== 'sent');
  const earlier = MESSAGES.slice(0, before + messages.length).flat().length;
  expect(waiting.length).toBe(METERS.length - earlier);
  expect(new Set(waiting.map(({ send_status, reason }) => `${send_status}, ${reason}`))).toEqual(
    new Set(waiting.length === 0 ? [] : ['pending, over-limit']),
  );
  // No other message has to wait for its group's turn.
  expect(firstOfEach(delivered.map(({ group }) => group))).toEqual(
    firstOfEach(messages.map(([first]) => first?.group ?? '')),
  );
}

function firstOfEach(groups: readonly string[]): string[] {
  return [...new Set(groups)];
}

function expectOrderIn({ web }: WhatsAppPlace, group: string): void {
  const expected = MESSAGES.filter(([first]) => first?.group === group);
  const delivered = web.deliveries.filter((delivery) => delivery.group === group);
  expect(delivered.length).toBe(expected.length);
  for (const [index, message] of expected.entries()) {
    for (const { meter } of message) expect(delivered[index]?.text).toContain(meter);
  }
}

function expectGroupGaps(place: WhatsAppPlace): void {
  const rows = place.query('SELECT group_id, first_attempt_at FROM messages ORDER BY first_attempt_at');
  const lastIn = new Map<string, number>();
  for (const { group_id, first_attempt_at } of rows as { group_id: string; first_attempt_at: string }[]) {
    const at = Date.parse(first_attempt_at);
    expect(at - (lastIn.get(group_id) ?? 0)).toBeGreaterThanOrEqual(GROUP_GAP_MS);
    lastIn.set(group_id, at);
  }
}
