import type { LateStatus } from '../domain.ts';

/** What one message or digest line tells about one meter. Raw text: the composer neutralises it. */
export interface Notice {
  readonly meterNumber: string;
  readonly nocsName: string | null;
  readonly customerId: string | null;
  /** An exact decimal string. */
  readonly balance: string | null;
  /** Milliseconds since 1970 UTC. */
  readonly triggeredAt: number | null;
  readonly durationStatus: LateStatus;
  readonly durationMinutes: number;
}

export interface DigestPart<N extends Notice = Notice> {
  readonly text: string;
  readonly notices: readonly N[];
}

export interface Composer {
  single(notice: Notice, generatedAt: Date): string;
  /** At least one part, each at most 4096 UTF-16 units, the notices in the order given. */
  digest<N extends Notice>(notices: readonly N[], generatedAt: Date): DigestPart<N>[];
}
