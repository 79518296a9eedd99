import type { Database } from 'better-sqlite3';
import { openLedgerDatabase, openLedgerForLooking } from '../database.ts';
import { translatingErrors } from '../ledger-errors.ts';
import type { ScanLedger } from '../port.ts';
import { ledgerPath } from '../state-directory.ts';
import { messageStore } from './message-store.ts';
import { notificationStore } from './notification-store.ts';
import { scanStore } from './scan-store.ts';

/** The ledger for a scan that writes. Throws RcError 73. */
export function openScanLedger(directory: string, now: Date): ScanLedger {
  return scanLedger(openLedgerDatabase(directory, now), directory);
}

/** The ledger for a scan that only looks (`--dry-run`): nothing is created; writing throws. Throws RcError 73. */
export function openScanLedgerForLooking(directory: string, now: Date): ScanLedger {
  return scanLedger(openLedgerForLooking(directory, now), directory);
}

function scanLedger(database: Database, directory: string): ScanLedger {
  const ledger: ScanLedger = {
    ...scanStore(database),
    ...notificationStore(database),
    ...messageStore(database),
    close: () => void database.close(),
  };
  return translatingErrors(ledger, ledgerPath(directory));
}
