import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';

interface SqliteErrorLike {
  readonly name: 'SqliteError';
  readonly code: string;
  readonly message: string;
}

function isSqliteError(thrown: unknown): thrown is SqliteErrorLike {
  return thrown instanceof Error && thrown.name === 'SqliteError';
}

/** A ledger that lacks what was told tells it again. */
const RESTORE =
  'Stop the timer, restore a copy made by rc-notify backup (docs/operations.md says how, also without a copy), and run rc-notify scan --baseline before the timer runs again: it records what is late now as told, without sending.';

const CAUSES: readonly [prefix: string, code: `ERR_RC_${string}`, what: string, hint: string][] = [
  ['SQLITE_FULL', 'ERR_RC_DISK_FULL', 'the disk is full', 'Free space there, then run rc-notify scan again.'],
  ['SQLITE_NOTADB', 'ERR_RC_LEDGER_UNREADABLE', 'the file is not a ledger', RESTORE],
  ['SQLITE_CORRUPT', 'ERR_RC_LEDGER_UNREADABLE', 'the file is damaged', RESTORE],
  [
    'SQLITE_READONLY',
    'ERR_RC_LEDGER_READ_ONLY',
    'it can not be written',
    'Make the state directory and its files writable for this user (rc-notify doctor), then run rc-notify scan again.',
  ],
  [
    'SQLITE_CANTOPEN',
    'ERR_RC_LEDGER_UNREADABLE',
    'it can not be opened',
    'Check whose the state directory and its files are: rc-notify doctor',
  ],
  [
    'SQLITE_BUSY',
    'ERR_RC_LEDGER_BUSY',
    'another program kept it locked',
    'Close the other program (a sqlite3 shell?), then run rc-notify scan again.',
  ],
  [
    'SQLITE_IOERR',
    'ERR_RC_LEDGER_IO',
    'reading or writing it failed',
    'Check the disk (dmesg, df -h), then run rc-notify scan again.',
  ],
];

/** SQLite's own trouble in an operator's words (73); anything else is handed back as it is. */
export function translateLedgerError(thrown: unknown, file: string): unknown {
  if (!isSqliteError(thrown)) return thrown;
  const cause = CAUSES.find(([prefix]) => thrown.code.startsWith(prefix));
  if (cause === undefined) return thrown;
  const [, code, what, hint] = cause;
  return new RcError({
    code,
    message: `The ledger ${file} can not be used: ${what} (${thrown.code}).`,
    hint,
    exitCode: ExitCode.CANTCREAT,
    cause: thrown,
  });
}

/** The same object, with every method's SQLite errors translated. */
export function translatingErrors<T extends object>(target: T, file: string): T {
  return new Proxy(target, {
    get(object, property, receiver) {
      const value: unknown = Reflect.get(object, property, receiver);
      if (typeof value !== 'function') return value;
      return (...parameters: unknown[]) => {
        try {
          return Reflect.apply(value, object, parameters);
        } catch (thrown) {
          throw translateLedgerError(thrown, file);
        }
      };
    },
  });
}
