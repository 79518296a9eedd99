import type { Database } from 'better-sqlite3';
import { recordAudit } from './audit.ts';
import { openLedgerDatabase, openLedgerForLooking } from './database.ts';
import { translatingErrors } from './ledger-errors.ts';
import { scanStore } from './sqlite/scan-store.ts';
import { ledgerPath } from './state-directory.ts';

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
  close(): void;
}

/** Throws RcError 73. */
export function openAdoptionLedger(directory: string, now: Date): AdoptionLedger {
  return adoptionLedger(openLedgerDatabase(directory, now), directory);
}

/** Nothing is created; adopting throws. Throws RcError 73. */
export function openAdoptionLedgerForLooking(directory: string, now: Date): AdoptionLedger {
  return adoptionLedger(openLedgerForLooking(directory, now), directory);
}

function adoptionLedger(database: Database, directory: string): AdoptionLedger {
  const { machine, lastScanEnd, rememberMachine } = scanStore(database);
  const adopt = database.transaction(({ from, to, reason, who, at }: Adoption) => {
    rememberMachine(to);
    const detail = `from ${from} to ${to}`;
    recordAudit(database, { action: 'adopt', target: null, reason, detail, notificationIds: [] }, who, at);
  });
  const ledger: AdoptionLedger = {
    machine,
    lastScanEnd,
    adopt: (adoption) => adopt.immediate(adoption),
    close: () => void database.close(),
  };
  return translatingErrors(ledger, ledgerPath(directory));
}
