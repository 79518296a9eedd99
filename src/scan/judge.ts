import { append } from '../collections.ts';
import type { RcCommand, Reason } from '../domain.ts';
import type {
  Claim,
  KeyFamily,
  LedgerChanges,
  NotificationFacts,
  NotificationRow,
  OpenNotification,
} from '../ledger/port.ts';
import type { Collected } from './collect.ts';
import { commandName, dedupeKey, isoTime, isSameCommand } from './identity.ts';
import type { Explanation } from './result.ts';
import type { ToldCounts } from './told.ts';
import { type Decision, decide, durationStatus, type Facts, type TriageRules } from './triage.ts';

export interface JudgeContext {
  readonly rules: TriageRules;
  readonly family: KeyFamily;
  readonly channel: string;
  readonly baseline: boolean;
  /** Whether explanations are wanted. */
  readonly explain: boolean;
  /** UTC, ISO 8601. */
  readonly now: string;
  /** The ledger's rows of a meter that are neither released nor cleared, without asking the ledger. */
  readonly openRowsOf: (meterNumber: string) => readonly OpenNotification[];
  /** All rows of a meter that are not released. */
  readonly rowsOf: (meterNumber: string) => readonly NotificationRow[];
  /** Whether a released row is about this command. */
  readonly wasReleased: (command: RcCommand) => boolean;
  readonly isMuted: (command: RcCommand) => boolean;
  readonly inPilot: (nocsName: string | null) => boolean;
  readonly groupOf: (nocsName: string | null) => string | null;
}

/** One command triage lets through: to be told now, or to wait in a row. */
export interface Selected {
  readonly command: RcCommand;
  readonly facts: NotificationFacts;
  readonly row: NotificationRow | null;
  readonly key: string;
  readonly action: 'tell' | 'wait';
}

export interface Judged {
  readonly selected: readonly Selected[];
  readonly changes: LedgerChanges;
  readonly explanations: readonly Explanation[];
  readonly counts: Record<
    'duplicate' | 'tooOld' | 'alert' | 'stuck' | 'due' | 'alreadyNotified' | 'toldForEarlierCommand',
    number
  >;
}

/** A command that is left alone or refused for good does not keep another one of its meter from being told. */
const STANDS_ASIDE: readonly Reason[] = ['too-old', 'not-in-pilot', 'over-limit'];

/** What is passed over for good is remembered by name. */
const UNTOLD: readonly Reason[] = ['too-old', 'told-for-earlier-command'];

/** Triage of everything late in one read, and what it changes in the ledger. */
export function judge({ late, told }: Pick<Collected, 'late' | 'told'>, context: JudgeContext): Judged {
  const judgement = new Judgement(context);
  judgement.addTold(told);
  for (const competing of late.values()) judgement.addSlot(competing);
  return judgement.result();
}

class Judgement {
  private readonly context: JudgeContext;
  private readonly selected: Selected[] = [];
  private readonly selectedByMeter = new Map<string, RcCommand[]>();
  private readonly explanations: Explanation[] = [];
  /** Rows that stand for a command of this scan already, or are cancelled by it. */
  private readonly taken = new Set<number>();
  /** Those that change something in the ledger. */
  private readonly decisions: { command: RcCommand; decision: Decision; selected: Selected | null }[] = [];
  private readonly counts: Judged['counts'] = {
    duplicate: 0,
    tooOld: 0,
    alert: 0,
    stuck: 0,
    due: 0,
    alreadyNotified: 0,
    toldForEarlierCommand: 0,
  };

  constructor(context: JudgeContext) {
    this.context = context;
  }

  addTold({ alert, stuck, offices }: ToldCounts): void {
    this.counts.alert += alert;
    this.counts.stuck += stuck;
    this.counts.alreadyNotified += alert + stuck;
    for (const nocsName of offices) this.context.groupOf(nocsName);
  }

  /** Commands that compete for one notification: the oldest that can be told is judged, the rest are duplicates. */
  addSlot(competing: readonly RcCommand[]): void {
    const oldestFirst = competing.length === 1 ? competing : [...competing].sort((a, b) => b.ageMs - a.ageMs);
    let taken = false;
    for (const command of oldestFirst) {
      if (taken || this.hasTwin(command)) {
        this.counts.duplicate += 1;
        this.explain(command, 'duplicate-row');
        continue;
      }
      const decision = this.decide(command);
      this.add(command, decision);
      taken = decision.action !== 'skip' || !STANDS_ASIDE.includes(decision.reason);
    }
  }

  /** Listed once with its id and once without, a command has two slots; its trigger time gives it away. */
  private hasTwin(command: RcCommand): boolean {
    const selected = this.selectedByMeter.get(command.meterNumber) ?? [];
    return selected.some(
      (other) =>
        (other.commandId === null || command.commandId === null) &&
        other.triggeredAt !== null &&
        other.triggeredAt === command.triggeredAt,
    );
  }

  private decide(command: RcCommand): Decision {
    const { context } = this;
    const facts = <Row extends OpenNotification>(rows: readonly Row[]): Facts<Row> => ({
      rows: this.taken.size === 0 ? rows : rows.filter(({ id }) => !this.taken.has(id)),
      wasReleased: command.ageMs > context.rules.ignoreAfter && context.wasReleased(command),
      muted: context.isMuted(command),
      inPilot: context.inPilot(command.nocsName),
      groupId: context.groupOf(command.nocsName),
    });
    const open = context.openRowsOf(command.meterNumber);
    if (open.length > 0) {
      const quick = decide(command, facts(open), context.rules, context.now);
      if (quick.reason === 'already-notified') return { ...quick, row: null };
    }
    const rows = context.rowsOf(command.meterNumber);
    const decision = decide(command, facts(rows), context.rules, context.now);
    if (!context.baseline || decision.reason !== 'over-limit') return decision;
    // What was given up is late now as well. Under `status` the last row says the most.
    return { ...decision, action: 'wait', row: rows.findLast((row) => isGivenUp(row, command)) ?? null };
  }

  private add(command: RcCommand, decision: Decision): void {
    const { counts } = this;
    if (decision.reason === 'too-old') counts.tooOld += 1;
    else if (decision.durationStatus === 'STUCK') counts.stuck += 1;
    else counts.alert += 1;
    if (decision.reason === 'already-notified') counts.alreadyNotified += 1;
    if (decision.reason === 'told-for-earlier-command') counts.toldForEarlierCommand += 1;
    if (decision.action === 'tell') counts.due += 1;
    this.explain(command, decision.reason);
    const selected = decision.action === 'skip' ? null : this.select(command, decision, decision.action);
    if (selected !== null) {
      this.selected.push(selected);
      append(this.selectedByMeter, command.meterNumber, command);
    }
    if (decision.row !== null) this.taken.add(decision.row.id);
    for (const { id } of decision.cancels) this.taken.add(id);
    const isWritten = selected !== null || decision.cancels.length > 0 || decision.reopens.length > 0;
    if (isWritten || UNTOLD.includes(decision.reason)) this.decisions.push({ command, decision, selected });
  }

  private explain(command: RcCommand, reason: Decision['reason']): void {
    if (!this.context.explain) return;
    this.explanations.push({
      meterNumber: command.meterNumber,
      nocsName: command.nocsName,
      commandId: command.commandId,
      durationStatus: durationStatus(command.ageMs, this.context.rules),
      durationMinutes: minutes(command.ageMs),
      reason,
    });
  }

  private select(command: RcCommand, decision: Decision, action: 'tell' | 'wait'): Selected {
    const { rules, family, groupOf } = this.context;
    // Under `status` what was once STUCK is never told as an ALERT, whatever its age reads now.
    const wasStuck = rules.once === 'status' && decision.row?.duration_status === 'STUCK';
    const status = decision.durationStatus === 'STUCK' || wasStuck ? 'STUCK' : 'ALERT';
    const facts: NotificationFacts = {
      meter_number: command.meterNumber,
      nocs_name: command.nocsName,
      customer_id: command.customerId,
      command_id: command.commandId,
      duration_status: status,
      duration_minutes: minutes(command.ageMs),
      triggered_at: command.triggeredAt === null ? null : isoTime(command.triggeredAt),
      balance: command.balance,
      group_id: groupOf(command.nocsName),
      reason: decision.reason,
      outcome: command.outcome,
    };
    const key = dedupeKey(rules.once, command, status, family);
    return { command, facts, row: decision.row, key, action };
  }

  result(): Judged {
    const { selected, explanations, counts } = this;
    return { selected, explanations, counts, changes: this.changes() };
  }

  private changes(): LedgerChanges {
    const { baseline } = this.context;
    const waiting = this.selected.filter(({ row }) => row !== null);
    return {
      claims: this.decisions.flatMap(({ decision, selected }) =>
        selected === null || selected.row !== null ? [] : [this.claim(selected, decision)],
      ),
      refreshed: baseline
        ? []
        : waiting.map(({ row, facts, key }) => ({ id: row?.id ?? 0, facts, dedupe_key: key })),
      baselined: baseline ? waiting.map(({ row }) => row?.id ?? 0) : [],
      cancelled: this.decisions.flatMap(({ decision }) => decision.cancels),
      reopened: this.decisions.flatMap(({ decision }) => decision.reopens),
      untold: this.decisions.flatMap(({ command, decision }) =>
        UNTOLD.includes(decision.reason) ? [untold(command, decision.reason)] : [],
      ),
    };
  }

  private claim({ facts, key }: Selected, decision: Decision): Claim {
    const { baseline, channel } = this.context;
    return {
      ...facts,
      dedupe_key: key,
      releases: decision.releases,
      ...(baseline
        ? { channel: 'none', send_status: 'sent', reason: 'baseline' }
        : { channel, send_status: 'pending' }),
    };
  }
}

function isGivenUp(row: NotificationRow, command: RcCommand): boolean {
  return row.send_status === 'failed' && row.next_attempt_at === null && isSameCommand(row, command);
}

function untold(command: RcCommand, reason: string): LedgerChanges['untold'][number] {
  return {
    meter_number: command.meterNumber,
    command: commandName(command),
    reason,
    nocs_name: command.nocsName,
    triggered_at: command.triggeredAt === null ? null : isoTime(command.triggeredAt),
  };
}

function minutes(ms: number): number {
  return Math.floor(ms / 60_000);
}
