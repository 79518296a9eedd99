import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OnceRule, RcCommand, SendStatus } from '../../src/domain.ts';
import type { NotificationRow } from '../../src/ledger/port.ts';
import { onceSlot } from '../../src/scan/identity.ts';
import { type JudgeContext, judge } from '../../src/scan/judge.ts';
import { DAY, HOUR, MINUTE, START } from '../../src/scan/testing.ts';
import { decide } from '../../src/scan/triage.ts';

const NOW = Date.parse(START);
const [ALERT_AFTER, STUCK_AFTER, IGNORE_AFTER] = [HOUR, 2 * HOUR, 7 * DAY];
const RULES = { alertAfter: ALERT_AFTER, stuckAfter: STUCK_AFTER, ignoreAfter: IGNORE_AFTER };

const aroundLimits = [ALERT_AFTER, STUCK_AFTER, IGNORE_AFTER].flatMap((limit) => [
  limit - 1,
  limit,
  limit + 1,
]);
const age = fc.oneof(fc.constantFrom(...aroundLimits), fc.integer({ min: 0, max: 8 * DAY }));
const once = fc.constantFrom<OnceRule>('meter', 'command', 'status');

/** Commands of meter 1, few enough to meet each other again. */
const command = fc
  .record({ id: fc.constantFrom('C1', 'C2', null), ageMs: age })
  .map(({ id, ageMs }): RcCommand => {
    const known = { meterNumber: '1', nocsName: 'NOCS-1', customerId: null, balance: null, outcome: null };
    return { ...known, commandId: id, triggeredAt: NOW - ageMs, ageMs };
  });

const time = fc.constantFrom(null, START, new Date(NOW + MINUTE).toISOString());
const row = fc
  .record({
    command_id: fc.constantFrom('C1', 'C2', null),
    age,
    duration_status: fc.constantFrom('ALERT' as const, 'STUCK' as const),
    send_status: fc.constantFrom<SendStatus>('pending', 'sending', 'sent', 'failed', 'unknown'),
    next_attempt_at: time,
    cleared_at: fc.constantFrom(null, null, START),
  })
  .map(({ age: ageMs, ...values }) => ({ ...values, triggered_at: new Date(NOW - ageMs).toISOString() }));
const rows = fc
  .array(row, { maxLength: 4 })
  .map((some) =>
    some.map((values, index) => ({ ...values, id: index + 1, meter_number: '1' }) as NotificationRow),
  );
const facts = fc.record({
  wasReleased: fc.boolean(),
  rows,
  muted: fc.boolean(),
  inPilot: fc.boolean(),
  groupId: fc.constantFrom('own@g.us', null),
});

const TOLD: readonly SendStatus[] = ['sent', 'sending', 'unknown'];
const waits = (each: NotificationRow): boolean =>
  each.send_status === 'pending' || (each.send_status === 'failed' && each.next_attempt_at !== null);

function isSame(each: NotificationRow, { commandId, triggeredAt }: RcCommand): boolean {
  if (each.command_id !== null && commandId !== null) return each.command_id === commandId;
  return triggeredAt !== null && each.triggered_at === new Date(triggeredAt).toISOString();
}

/** DESIGN, section 2: whether the rule says that this has been told. */
function saysTold(each: NotificationRow, about: RcCommand, rule: OnceRule): boolean {
  if (!TOLD.includes(each.send_status)) return false;
  if (rule === 'meter') return true;
  if (!isSame(each, about)) return false;
  return rule === 'command' || about.ageMs < STUCK_AFTER || each.duration_status === 'STUCK';
}

describe('one command against any facts', () => {
  test('it is judged late from the limits on, and told only where nothing says that it was', () => {
    fc.assert(
      fc.property(command, facts, once, (about, known, rule) => {
        const decision = decide(about, known, { ...RULES, once: rule }, START);
        const status = about.ageMs >= STUCK_AFTER ? 'STUCK' : about.ageMs >= ALERT_AFTER ? 'ALERT' : 'NORMAL';
        const told = known.rows.some((each) => saysTold(each, about, rule));
        expect(decision.durationStatus).toBe(status);
        expect(decision.reason === 'not-late').toBe(status === 'NORMAL');
        if (status === 'NORMAL' || !known.inPilot || told) expect(decision.action).toBe('skip');
        if (known.muted || known.groupId === null) expect(decision.action).not.toBe('tell');
      }),
      { numRuns: 2000 },
    );
  });

  test('nothing late is passed over without a reason that says why', () => {
    fc.assert(
      fc.property(command, facts, once, (about, known, rule) => {
        const decision = decide(about, known, { ...RULES, once: rule }, START);
        if (decision.action !== 'skip') return;
        const same = known.rows.filter((each) => isSame(each, about));
        const told = known.rows.filter((each) => saysTold(each, about, rule));
        const holds: Partial<Record<typeof decision.reason, boolean>> = {
          'not-late': about.ageMs < ALERT_AFTER,
          'not-in-pilot': !known.inPilot,
          'too-old': about.ageMs > IGNORE_AFTER && same.length === 0 && !known.wasReleased,
          'already-notified': told.some((each) => same.includes(each)),
          'told-for-earlier-command':
            rule === 'meter' && told.length > 0 && !told.some((each) => same.includes(each)),
          'over-limit': same.some((each) => each.send_status === 'failed' && each.next_attempt_at === null),
        };
        expect(holds[decision.reason], decision.reason).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('it cancels only what waits, releases only what was refused for good, and takes only a waiting row', () => {
    fc.assert(
      fc.property(command, facts, once, (about, known, rule) => {
        const decision = decide(about, known, { ...RULES, once: rule }, START);
        const byId = (id: number): NotificationRow | undefined => known.rows.find((each) => each.id === id);
        const cancelled = decision.cancels.map(({ id }) => byId(id));
        expect(cancelled.every((each) => each !== undefined && waits(each))).toBe(true);
        expect(cancelled).not.toContain(decision.row);
        for (const id of decision.releases) {
          expect(byId(id)).toMatchObject({ send_status: 'failed', next_attempt_at: null });
          expect(byId(id) && isSame(byId(id) as NotificationRow, about)).toBe(false);
        }
        if (decision.row !== null) expect(waits(decision.row)).toBe(true);
        if (decision.action === 'tell' && decision.row?.send_status === 'failed') {
          expect((decision.row.next_attempt_at ?? '') <= START).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const NONE_TOLD = { alert: 0, stuck: 0, offices: new Set<string>() };

test('of the rows of one read, each has its count, and each slot at most one message', () => {
  const read = fc.array(fc.tuple(command, fc.constantFrom('1', '2')), { maxLength: 8 });
  fc.assert(
    fc.property(read, rows, once, (listed, known, rule) => {
      const late = new Map<string, RcCommand[]>();
      for (const [values, meterNumber] of listed) {
        const each = {
          ...values,
          meterNumber,
          commandId: values.commandId && `${meterNumber}-${values.commandId}`,
        };
        if (each.ageMs < ALERT_AFTER) continue;
        const slot = onceSlot(rule, each);
        late.set(slot, [...(late.get(slot) ?? []), each]);
      }
      const ofMeter = (meter: string): NotificationRow[] =>
        known
          .map((each) => ({ ...each, command_id: each.command_id && `1-${each.command_id}` }))
          .filter((each) => each.meter_number === meter);
      const context: JudgeContext = {
        rules: { ...RULES, once: rule },
        family: 'messenger',
        channel: 'whatsapp',
        baseline: false,
        explain: true,
        now: START,
        openRowsOf: (meter) => ofMeter(meter).filter((each) => each.cleared_at === null),
        rowsOf: ofMeter,
        wasReleased: () => false,
        isMuted: () => false,
        inPilot: () => true,
        groupOf: () => 'own@g.us',
      };
      const { selected, changes, counts, explanations } = judge({ late, told: NONE_TOLD }, context);
      const all = [...late.values()].flat().length;
      expect(counts.duplicate + counts.tooOld + counts.alert + counts.stuck).toBe(all);
      expect(explanations).toHaveLength(all);
      const keys = selected.map(({ key, row: taken }) => taken?.id ?? key);
      expect(new Set(keys).size).toBe(keys.length);
      const cancelled = new Set(changes.cancelled.map(({ id }) => id));
      expect(selected.some(({ row: taken }) => taken !== null && cancelled.has(taken.id))).toBe(false);
      if (rule === 'meter') expect(selected.length).toBeLessThanOrEqual(new Set(late.keys()).size);
    }),
    { numRuns: 1000 },
  );
});
