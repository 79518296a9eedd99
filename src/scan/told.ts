import type { RcCommand } from '../domain.ts';
import type { OpenNotification } from '../ledger/port.ts';
import { isSameCommand } from './identity.ts';
import type { OpenRows } from './open-rows.ts';
import { durationStatus, type TriageRules } from './triage.ts';

/** What triage would make of commands that were not kept for it: `already-notified`, each. */
export interface ToldCounts {
  readonly alert: number;
  readonly stuck: number;
  readonly offices: ReadonlySet<string | null>;
}

const UNSEEN = -1;
const PASSED_ON = -2;

/**
 * Late commands that are told already: of a big read nearly all. Under `once: meter` nothing comes of one that is the
 * only one listed of a meter whose only open row is about it and `sent`, so age and office are all that is kept of it.
 * Any other command is passed on; a second one of the meter takes the first along.
 */
export class Told {
  readonly #open: OpenRows | null;
  readonly #rules: TriageRules;
  /** Milliseconds, of each open row's command. */
  readonly #ages: Float64Array;
  readonly #offices: (string | null)[] = [];
  readonly #officeNames = new Map<string | null, string | null>();

  /** `open` = null: triage must see all. */
  constructor(open: OpenRows | null, rules: TriageRules) {
    this.#open = open;
    this.#rules = rules;
    this.#ages = new Float64Array(open?.table.length ?? 0).fill(UNSEEN);
  }

  /** The commands that triage must see, of this one and those before. */
  passOn(command: RcCommand): readonly RcCommand[] {
    const place = this.#open?.placeOfOnly(command.meterNumber);
    if (place === undefined) return [command];
    const age = this.#ages[place] ?? UNSEEN;
    if (age === UNSEEN && this.#isTold(place, command)) {
      this.#ages[place] = command.ageMs;
      this.#offices[place] = this.#nameOf(command.nocsName);
      return [];
    }
    this.#ages[place] = PASSED_ON;
    return age < 0 ? [command] : [...this.#commandAt(place, age), command];
  }

  /** Whether the command of the open row at this place is kept here. */
  has(place: number): boolean {
    return (this.#ages[place] ?? UNSEEN) >= 0;
  }

  counts(): ToldCounts {
    const counts = { alert: 0, stuck: 0, offices: new Set<string | null>() };
    for (const [place, age] of this.#ages.entries()) {
      if (age < 0) continue;
      if (durationStatus(age, this.#rules) === 'STUCK') counts.stuck += 1;
      else counts.alert += 1;
      counts.offices.add(this.#offices[place] ?? null);
    }
    return counts;
  }

  #isTold(place: number, command: RcCommand): boolean {
    const isLate = command.ageMs >= this.#rules.alertAfter && command.outcome === null;
    if (!isLate || this.#open?.table.column('send_status')[place] !== 'sent') return false;
    const known = this.#open?.table.column('command_id')[place] ?? null;
    if (known !== null && command.commandId !== null) return known === command.commandId;
    const row = this.#open?.table.at(place);
    return row !== undefined && isSameCommand(row, command);
  }

  #commandAt(place: number, ageMs: number): RcCommand[] {
    const row = this.#open?.table.at(place);
    return row === undefined ? [] : [toCommand(row, ageMs, this.#offices[place] ?? null)];
  }

  /** One string for all commands of an office. */
  #nameOf(nocsName: string | null): string | null {
    const known = this.#officeNames.get(nocsName);
    if (known !== undefined) return known;
    this.#officeNames.set(nocsName, nocsName);
    return nocsName;
  }
}

function toCommand(row: OpenNotification, ageMs: number, nocsName: string | null): RcCommand {
  return {
    meterNumber: row.meter_number,
    nocsName,
    commandId: row.command_id,
    customerId: null,
    balance: null,
    triggeredAt: row.triggered_at === null ? null : Date.parse(row.triggered_at),
    ageMs,
    outcome: null,
  };
}
