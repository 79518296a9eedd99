import fc from 'fast-check';
import { expect } from 'vitest';
import type { LateStatus, OnceRule } from '../../src/domain.ts';
import { RcError } from '../../src/errors.ts';
import { ExitCode } from '../../src/exit-codes.ts';
import type { NotificationRow } from '../../src/ledger/port.ts';
import type { ScanSettings } from '../../src/scan/ports.ts';
import type { ScanResult } from '../../src/scan/result.ts';
import { type Arrived, DAY, HOUR, lost, MINUTE, refused, World } from '../../src/scan/testing.ts';
import type { SourceRow } from '../../src/source/port.ts';

const [ALERT_AFTER, STUCK_AFTER, IGNORE_AFTER] = [HOUR, 2 * HOUR, 7 * DAY];
const METERS = 14;

/** A command that is really in progress, as the utility knows it. */
interface Live {
  readonly meter: string;
  readonly id: string;
  readonly trigger: string;
}

type Read = 'whole' | 'short' | 'broken' | '--nocs' | '--limit' | '--source';
type Fate = 'sent' | 'refused' | 'lost' | 'arrived without answer';

interface Step {
  readonly waitMs: number;
  readonly appear: readonly { readonly meter: number; readonly ageMs: number }[];
  /** Positions among the live commands, taken round. */
  readonly end: readonly number[];
  readonly invalid: readonly number[];
  readonly twice: readonly number[];
  readonly read: Read;
  /** How many rows of a short or broken read come. */
  readonly rows: number;
  readonly once: OnceRule | null;
  readonly fates: readonly Fate[];
}

interface Story {
  readonly once: OnceRule;
  readonly changesRule: boolean;
  readonly hasIds: boolean;
  /** Else what triage need not see is kept from it. */
  readonly explains: boolean;
  readonly perScan: number;
  readonly digestAbove: number;
  readonly atFirst: number;
  readonly steps: readonly Step[];
}

const around = (limits: readonly number[]): number[] =>
  limits.flatMap((limit) => [limit - 1, limit, limit + 1]);
const once = fc.constantFrom<OnceRule>('meter', 'command', 'status');
const position = fc.nat({ max: 40 });
const step: fc.Arbitrary<Step> = fc.record({
  waitMs: fc.oneof(
    fc.constantFrom(...around([HOUR]), 15 * MINUTE),
    fc.integer({ min: MINUTE, max: 9 * HOUR }),
  ),
  appear: fc.array(
    fc.record({
      meter: fc.nat({ max: METERS - 1 }),
      ageMs: fc.constantFrom(0, ...around([ALERT_AFTER, STUCK_AFTER, IGNORE_AFTER])),
    }),
    { maxLength: 4 },
  ),
  end: fc.oneof(fc.array(position, { maxLength: 2 }), fc.constant([...Array(9).keys()])),
  invalid: fc.array(position, { maxLength: 2 }),
  twice: fc.array(position, { maxLength: 2 }),
  read: fc.oneof(
    { weight: 5, arbitrary: fc.constant<Read>('whole') },
    { weight: 3, arbitrary: fc.constantFrom<Read>('short', 'broken', '--nocs', '--limit', '--source') },
  ),
  rows: fc.nat({ max: 8 }),
  once: fc.oneof(fc.constant(null), once),
  fates: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant<Fate>('sent') },
      { weight: 3, arbitrary: fc.constantFrom<Fate>('refused', 'lost', 'arrived without answer') },
    ),
    { maxLength: 4 },
  ),
});
const story: fc.Arbitrary<Story> = fc.record({
  once,
  changesRule: fc.boolean(),
  hasIds: fc.boolean(),
  explains: fc.boolean(),
  perScan: fc.constantFrom(1000, 1000, 2),
  digestAbove: fc.constantFrom(1, 3, 1000),
  atFirst: fc.constantFrom(0, 3, METERS),
  steps: fc.array(step, { minLength: 2, maxLength: 7 }),
});

const brokenOff = new RcError({
  code: 'ERR_RC_BROKEN',
  message: 'Cut off.',
  hint: 'Again.',
  exitCode: ExitCode.DATAERR,
});

/** What one scan read, by the model's own reckoning. */
interface Seen {
  readonly commands: readonly Live[];
  readonly invalidMeters: ReadonlySet<string>;
  readonly rowCount: number;
  readonly isWhole: boolean;
}

/** One story played, and what must hold checked after each scan. */
class Play {
  private readonly w: World;
  private readonly told: Story;
  private live: Live[] = [];
  private readonly known = new Set<string>();
  private rule: OnceRule;
  private held = new Set<number>();
  private count = 0;

  constructor(told: Story) {
    this.told = told;
    this.rule = told.once;
    this.w = new World({
      pace: { perScan: told.perScan, digestAbove: told.digestAbove },
      rules: { maxAttempts: 2 },
    });
  }

  async run(): Promise<void> {
    try {
      for (let meter = 0; meter < this.told.atFirst; meter += 1) this.appear(meter, 3 * HOUR);
      for (const next of this.told.steps) await this.play(next);
      this.checkArrivals();
    } finally {
      this.w.close();
    }
  }

  private async play(next: Step): Promise<void> {
    const { w } = this;
    w.clock.advance(next.waitMs);
    for (const index of next.end) if (this.live.length > 0) this.live.splice(index % this.live.length, 1);
    for (const { meter, ageMs } of next.appear) this.appear(meter, ageMs);
    if (this.told.changesRule && next.once !== null) this.rule = next.once;
    w.config = { ...w.config, rules: { ...w.config.rules, once: this.rule } };
    w.channel.orders.splice(0, Number.POSITIVE_INFINITY, ...next.fates.map((fate) => this.order(fate)));

    const seen = this.read(next);
    const before = w.rows();
    const [handed, told] = [w.channel.handed.length, this.toldOrUnknown()];
    const result = await w.scan({ ...OPTIONS[next.read], explain: this.told.explains });
    const after = w.rows();
    this.checkMessages(seen, handed, told);
    this.checkNothingLost(seen, after, result);
    this.checkClearing(seen, before, after);
    this.checkCounts(seen, before, after, result);
  }

  private appear(meter: number, ageMs: number): void {
    const trigger = new Date(this.w.clock.now().getTime() - ageMs).toISOString();
    const name = `M${meter}`;
    if (this.known.has(`${name} ${trigger}`)) return;
    this.known.add(`${name} ${trigger}`);
    this.count += 1;
    this.live.push({ meter: name, id: `C${this.count}`, trigger });
  }

  private order(fate: Fate) {
    if (fate === 'refused') return refused;
    if (fate === 'lost') return lost;
    return (message: Omit<Arrived, 'at'>) => {
      this.w.channel.arrive(message);
      return fate === 'sent'
        ? { status: 'sent' as const, ack: 1 }
        : { status: 'unknown' as const, ack: null, error: 'no answer' };
    };
  }

  /** Puts the rows into the source. */
  private read(next: Step): Seen {
    const invalid = new Set(next.invalid);
    const rows = this.live.flatMap(
      (command, index): { command: Live; row: SourceRow; isUsable: boolean }[] => {
        const isUsable = !invalid.has(index);
        const one = { command, isUsable, row: this.row(command, isUsable) };
        return next.twice.includes(index) ? [one, one] : [one];
      },
    );
    const some = next.read === 'short' || next.read === 'broken' ? rows.slice(0, next.rows) : rows;
    this.w.source.rows = rows.map(({ row }) => row);
    if (next.read === 'short') this.w.source.rows = some.map(({ row }) => row);
    this.w.source.failure = next.read === 'broken' ? { after: next.rows, error: brokenOff } : null;
    const usable = some.filter(({ isUsable }) => isUsable);
    return {
      commands: usable.map(({ command }) => command),
      invalidMeters: new Set(some.filter(({ isUsable }) => !isUsable).map(({ command }) => command.meter)),
      rowCount: some.length,
      isWhole: (next.read === 'whole' || next.read === 'short') && (some.length === 0 || usable.length > 0),
    };
  }

  private row({ meter, id, trigger }: Live, isUsable: boolean): SourceRow {
    const values = {
      triggeredAt: isUsable ? trigger : '32-13-2025',
      commandId: this.told.hasIds ? id : null,
    };
    return this.w.row(meter, 0, values);
  }

  private ageOf({ trigger }: Live): number {
    return this.w.clock.now().getTime() - Date.parse(trigger);
  }

  private statusOf(command: Live): LateStatus | null {
    const age = this.ageOf(command);
    return age >= STUCK_AFTER ? 'STUCK' : age >= ALERT_AFTER ? 'ALERT' : null;
  }

  /** What arrived is new under the rule, true today, and in order; what is sent again is the same message. */
  private checkMessages(seen: Seen, handedBefore: number, toldBefore: readonly Telling[]): void {
    const { handed } = this.w.channel;
    const earlier = handed.slice(0, handedBefore);
    const anew = handed.slice(handedBefore).filter(({ id }) => !earlier.some((message) => message.id === id));
    for (const message of handed.slice(handedBefore)) {
      const first = handed.find(({ id }) => id === message.id);
      expect({ ...message, at: '' }, 'the same id says the same').toEqual({ ...first, at: '' });
    }
    const told = [...toldBefore];
    for (const telling of anew.flatMap(tellings)) {
      const command = seen.commands.find(
        (each) => each.meter === telling.meter && each.trigger === telling.trigger,
      );
      expect(command && this.statusOf(command), 'what is told is in progress and so late').toBe(
        telling.status,
      );
      expect(
        told.filter((each) => this.isRepeated(each, telling)),
        'nothing twice',
      ).toEqual([]);
      told.push(telling);
    }
    const order = anew.map((message) => tellings(message)[0]).flatMap((first) => first ?? []);
    const sorted = [...order].sort(
      (a, b) => b.status.localeCompare(a.status) || a.trigger.localeCompare(b.trigger),
    );
    expect(order, 'STUCK before ALERT, oldest first').toEqual(sorted);
    expect(handed.length - handedBefore).toBeLessThanOrEqual(this.told.perScan);
  }

  /** What was handed over and not refused. */
  private toldOrUnknown(): Telling[] {
    const refusedIds = this.w.database
      .prepare("SELECT id FROM messages WHERE send_status = 'failed'")
      .pluck()
      .all();
    const messages = new Map(this.w.channel.handed.map((message) => [message.id, message]));
    return [...messages.values()].filter(({ id }) => !refusedIds.includes(id)).flatMap(tellings);
  }

  /** Whatever became of each message: under one rule all the time, what arrived arrived once. */
  private checkArrivals(): void {
    if (this.told.changesRule) return;
    const about = this.w.channel.arrived.flatMap(tellings).map(({ meter, trigger, status }) => {
      if (this.rule === 'meter') return meter;
      return this.rule === 'command' ? `${meter} ${trigger}` : `${meter} ${trigger} ${status}`;
    });
    expect(about).toEqual([...new Set(about)]);
  }

  private isRepeated(told: Telling, again: Telling): boolean {
    if (told.meter !== again.meter) return false;
    if (this.rule === 'meter') return true;
    if (told.trigger !== again.trigger) return false;
    return this.rule === 'command' || told.status === 'STUCK' || again.status === 'ALERT';
  }

  /** Each late command that was read has a row that was told or waits, or the ledger says why not. */
  private checkNothingLost(seen: Seen, after: readonly NotificationRow[], result: ScanResult): void {
    const late = seen.commands.filter((command) => this.statusOf(command) !== null);
    if (this.told.explains) expect(result.explanations).toHaveLength(late.length);
    for (const command of late) {
      const kept = after.filter((row) => row.meter_number === command.meter && row.released_at === null);
      const about = kept.filter((row) => this.rule === 'meter' || row.triggered_at === command.trigger);
      const says = about.some((row) => {
        return (
          this.rule !== 'status' || this.statusOf(command) === 'ALERT' || row.duration_status === 'STUCK'
        );
      });
      const isTooOld = this.ageOf(command) > IGNORE_AFTER && this.isUntold(command, 'too-old');
      expect(says || isTooOld, `${command.meter} ${command.trigger} is not lost`).toBe(true);
    }
    const waiting = after.filter((row) => row.send_status === 'pending' && row.cleared_at === null);
    if (this.told.perScan === 1000) expect(waiting).toEqual([]);
    expect(this.w.log.warnings.filter((warning) => warning.includes('holds'))).toEqual([]);
  }

  private isUntold({ meter, id, trigger }: Live, reason: string): boolean {
    const name = this.told.hasIds ? id : `${meter}@${trigger}`;
    const query = this.w.database.prepare(
      'SELECT 1 FROM untold WHERE meter_number = ? AND command = ? AND reason = ?',
    );
    return query.get(meter, name, reason) !== undefined;
  }

  /** Exactly what a whole read no longer lists is cleared, what waited of it is cancelled, and many at once only when confirmed. */
  private checkClearing(
    seen: Seen,
    before: readonly NotificationRow[],
    after: readonly NotificationRow[],
  ): void {
    const open = before.filter((row) => row.released_at === null && row.cleared_at === null);
    const gone = open.filter(({ meter_number: meter, triggered_at: trigger }) => {
      if (seen.invalidMeters.has(meter)) return false;
      const ofMeter = seen.commands.filter((command) => command.meter === meter);
      return this.rule === 'meter'
        ? ofMeter.length === 0
        : !ofMeter.some((command) => command.trigger === trigger);
    });
    const unconfirmed = gone.filter(({ id }) => !this.held.has(id));
    const isGuarded = open.length >= 10 && unconfirmed.length > open.length / 2;
    const expected = seen.isWhole ? gone.filter((row) => !isGuarded || !unconfirmed.includes(row)) : [];
    if (seen.isWhole) this.held = new Set(isGuarded ? unconfirmed.map(({ id }) => id) : []);
    const cleared = open.filter(({ id }) => after.find((row) => row.id === id)?.cleared_at !== null);
    expect(cleared.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    for (const { id, send_status, next_attempt_at } of cleared) {
      const waited = send_status === 'pending' || next_attempt_at !== null;
      const now = after.find((row) => row.id === id);
      expect([now?.send_status === 'cancelled', now?.released_at !== null]).toEqual([waited, waited]);
    }
  }

  private checkCounts(
    seen: Seen,
    before: readonly NotificationRow[],
    after: readonly NotificationRow[],
    { counts, notifications, scan }: ScanResult,
  ): void {
    const { checked, invalid, duplicate, tooOld, normal, alert, stuck } = counts;
    expect(checked).toBe(seen.rowCount);
    expect(checked).toBe(invalid + duplicate + tooOld + normal + alert + stuck);
    const was = new Map(before.map((row) => [row.id, row]));
    const became = (status: string): number =>
      after.filter((row) => row.send_status === status && was.get(row.id)?.send_status !== status).length;
    const newlyCleared = after.filter(
      (row) => row.cleared_at !== null && was.get(row.id)?.cleared_at === null,
    );
    const open = after.filter((row) => row.released_at === null && row.cleared_at === null);
    const inStatus = (...statuses: string[]): number =>
      open.filter((row) => statuses.includes(row.send_status)).length;
    expect(counts).toMatchObject({
      sent: became('sent'),
      cancelled: became('cancelled'),
      cleared: newlyCleared.length,
      failed: this.refusedSince(scan.startedAt),
      pending: inStatus('pending'),
      unknown: inStatus('unknown'),
    });
    expect(inStatus('sending'), 'nothing is left in sending').toBe(0);
    const changed = after.filter((row) => row.send_status !== was.get(row.id)?.send_status);
    const reported = (status: string): number =>
      notifications.filter(({ sendStatus }) => sendStatus === status).length;
    for (const status of ['sent', 'cancelled', 'failed', 'unknown'] as const) {
      expect(reported(status)).toBeGreaterThanOrEqual(
        changed.filter((row) => row.send_status === status).length,
      );
    }
    expect(reported('pending')).toBe(counts.pending);
    const unknownAndCleared = newlyCleared.filter((row) => row.send_status === 'unknown');
    expect(reported('unknown')).toBeGreaterThanOrEqual(counts.unknown + unknownAndCleared.length);
    // A digest sent again changes its cleared rows as well.
    expect(reported('unknown')).toBeLessThanOrEqual(
      after.filter((row) => row.send_status === 'unknown').length,
    );
  }

  private refusedSince(start: string): number {
    const query = this.w.database.prepare(
      `SELECT COUNT(*) FROM messages m JOIN message_notifications n ON n.message_id = m.id
         WHERE m.send_status = 'failed' AND m.settled_at >= ?`,
    );
    return Number(query.pluck().get(start));
  }
}

const OPTIONS: Readonly<Record<Read, Partial<ScanSettings>>> = {
  whole: {},
  short: {},
  broken: {},
  '--nocs': { onlyNocs: ['NOCS-1'] },
  '--limit': { limit: 1000 },
  '--source': { configuredSource: false },
};

interface Telling {
  readonly meter: string;
  readonly status: string;
  readonly trigger: string;
}

function tellings({ text }: Arrived): Telling[] {
  return text
    .split('\n')
    .filter((line) => line !== 'digest')
    .map((line) => {
      const [meter = '', status = '', trigger = ''] = line.split(' ');
      return { meter, status, trigger };
    });
}

/** Plays so many sequences of scans against the model written from the design; throws at the first that differs. */
export async function playStories(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(story, (told) => new Play(told).run()),
    { numRuns },
  );
}
