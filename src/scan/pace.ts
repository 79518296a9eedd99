import type { PaceConfig } from '../config/config.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export interface Handed {
  readonly groupId: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
}

/** When the next message may go, and how many still may. Remembers what earlier scans handed over. */
export class Pacer {
  private readonly pace: PaceConfig;
  private readonly random: () => number;
  private readonly lastInGroup = new Map<string, number>();
  private earlierToday: number[];
  private inThisScan = 0;
  private readyAt = 0;
  private readonly limit: number;

  /** `limit`: `--limit`, messages; null = none. `random` yields numbers in [0, 1). */
  constructor(pace: PaceConfig, earlier: readonly Handed[], random: () => number, limit: number | null) {
    this.pace = pace;
    this.random = random;
    this.limit = Math.min(pace.perScan, limit ?? pace.perScan);
    this.earlierToday = earlier.map(({ at }) => at);
    for (const handed of earlier) this.remember(handed);
  }

  /** How many messages the caps still allow now. */
  remaining(now: Date): number {
    this.earlierToday = this.earlierToday.filter((at) => at > now.getTime() - DAY_MS);
    return Math.max(0, Math.min(this.limit - this.inThisScan, this.pace.perDay - this.earlierToday.length));
  }

  /** The earliest moment, milliseconds since 1970 UTC, at which a message to this group may go. */
  readyFor(groupId: string): number {
    const inGroup = this.lastInGroup.get(groupId);
    return Math.max(this.readyAt, inGroup === undefined ? 0 : inGroup + this.pace.perGroupGap);
  }

  /** Milliseconds between two messages, at most. */
  get longestGap(): number {
    return this.pace.maxGap;
  }

  /** A message was handed over. */
  handed(groupId: string, now: Date): void {
    this.inThisScan += 1;
    this.earlierToday.push(now.getTime());
    this.remember({ groupId, at: now.getTime() });
  }

  private remember({ groupId, at }: Handed): void {
    const { minGap, maxGap } = this.pace;
    this.lastInGroup.set(groupId, Math.max(at, this.lastInGroup.get(groupId) ?? 0));
    this.readyAt = Math.max(this.readyAt, at + minGap + this.random() * (maxGap - minGap));
  }
}
