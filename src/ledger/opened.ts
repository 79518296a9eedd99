import type { Database } from 'better-sqlite3';
import { openLedgerDatabase, openLedgerForLooking } from './database.ts';
import { translatingErrors } from './ledger-errors.ts';
import { ledgerPath } from './state-directory.ts';

type Open<T> = (directory: string, now: Date) => T & { close(): void };

/** The two ways to open the ledger as one command uses it, made of `use`. Both throw RcError 73. */
export function ledgerOpeners<T extends object>(
  use: (database: Database) => T,
): {
  readonly open: Open<T>;
  /** Nothing is created; changing throws. */
  readonly openForLooking: Open<T>;
} {
  const opener =
    (connect: typeof openLedgerDatabase): Open<T> =>
    (directory, now) => {
      const database = connect(directory, now);
      const ledger = { ...use(database), close: () => void database.close() };
      return translatingErrors(ledger, ledgerPath(directory));
    };
  return { open: opener(openLedgerDatabase), openForLooking: opener(openLedgerForLooking) };
}
