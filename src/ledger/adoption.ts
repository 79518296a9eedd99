import type { Database } from 'better-sqlite3';
import { recordAudit } from './audit.ts';
import { ledgerOpeners } from './opened.ts';
import { scanStore } from './sqlite/scan-store.ts';

export interface Adoption {
  readonly from: string;
  readonly to: string;
  readonly reason: string | null;
  readonly who: string;
  /** UTC, ISO 8601. */
  readonly at: string;
}

/** The ledger as `adopt` uses it. */
export interface AdoptionLedger {
  /** The machine it was last used on; null before the first scan. */
  machine(): string | null;
  lastScanEnd(): string | null;
  adopt(adoption: Adoption): void;
}

/** Both throw RcError 73. */
export const { open: openAdoptionLedger, openForLooking: openAdoptionLedgerForLooking } =
  ledgerOpeners(adoptionLedger);

function adoptionLedger(database: Database): AdoptionLedger {
  const { machine, lastScanEnd, rememberMachine } = scanStore(database);
  const adopt = database.transaction(({ from, to, reason, who, at }: Adoption) => {
    rememberMachine(to);
    const detail = `from ${from} to ${to}`;
    recordAudit(database, { action: 'adopt', target: null, reason, detail, notificationIds: [] }, who, at);
  });
  return {
    machine,
    lastScanEnd,
    adopt: (adoption) => adopt.immediate(adoption),
  };
}
