/** By age: NORMAL below `rules.alertAfter`, ALERT from it, STUCK from `rules.stuckAfter`. */
export type DurationStatus = 'NORMAL' | LateStatus;
export type LateStatus = 'ALERT' | 'STUCK';

export type SendStatus = 'pending' | 'sending' | 'sent' | 'failed' | 'unknown' | 'cancelled';

/** How a command that left communication ended, where the source knows. */
export type Outcome = 'completed' | 'discarded';

/**
 * What a source knows of a command it is asked for by id. `stalled` = it left communication without having ended, as far
 * as the configured statuses tell.
 */
export type Fate = Outcome | 'in-progress' | 'stalled';

/** What "once" is about (`rules.once`). */
export type OnceRule = 'meter' | 'command' | 'status';

/** Why a late command is, or is not, told in this scan. */
export type Reason =
  | 'due'
  | 'retry'
  | 'retry-new-command'
  | 'escalated'
  | 'not-late'
  | 'too-old'
  | 'already-notified'
  | 'told-for-earlier-command'
  | 'muted'
  | 'duplicate-row'
  | 'no-group'
  | 'not-in-pilot'
  | 'over-limit'
  | 'baseline';

/** One remote connect (RC) command in progress, as read in this scan. */
export interface RcCommand {
  /** Trimmed, leading zeros kept; never empty. */
  readonly meterNumber: string;
  /** The local office as the source spells it; null where the source has none. */
  readonly nocsName: string | null;
  readonly commandId: string | null;
  readonly customerId: string | null;
  /** An exact decimal string such as `-50.00`. */
  readonly balance: string | null;
  /** Milliseconds since 1970 UTC. */
  readonly triggeredAt: number | null;
  /** Milliseconds, by the source's own clock where it tells the age. Never negative. */
  readonly ageMs: number;
  readonly outcome: Outcome | null;
}
