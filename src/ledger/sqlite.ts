import BetterSqlite, {
  type Database,
  type Options,
  type PragmaOptions,
  type Statement,
} from 'better-sqlite3';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';

const kept: object[] = [];

function keep<T extends object>(native: T): T {
  kept.push(native);
  return native;
}

/**
 * Opens an SQLite database whose native objects are kept until the process ends. Compiled against Node 24.19 or newer,
 * better-sqlite3 12 (the last for Node 20) aborts the process when the garbage collector meets one of them while no
 * JavaScript runs: what is never garbage is never met. https://github.com/WiseLibs/better-sqlite3/issues/1515
 * Throws RcError 73 where that library was not built, or for another Node.
 */
export function openSqlite(file: string | Buffer, options?: Options): Database {
  const database = keep(connect(file, options));
  const prepare = database.prepare.bind(database);
  const prepareKept = (sql: string): Statement => {
    const statement = keep(prepare(sql));
    const iterate = statement.iterate.bind(statement);
    statement.iterate = (...parameters: unknown[]) => keep(iterate(...parameters));
    return statement;
  };
  database.prepare = prepareKept as Database['prepare'];
  database.pragma = (source: string, { simple = false }: PragmaOptions = {}): unknown => {
    const statement = prepareKept(`PRAGMA ${source}`);
    if (!statement.reader) return statement.run();
    return simple ? statement.pluck().get() : statement.all();
  };
  return database;
}

function connect(file: string | Buffer, options?: Options): Database {
  try {
    return new BetterSqlite(file, options);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const isMissing = messageOf(thrown).startsWith('Could not locate the bindings file');
    throw code === 'ERR_DLOPEN_FAILED' || isMissing ? notBuilt(thrown, isMissing) : thrown;
  }
}

function notBuilt(cause: unknown, isMissing: boolean): RcError {
  return new RcError({
    code: 'ERR_RC_SQLITE',
    message: isMissing
      ? 'better-sqlite3, which keeps the ledger, was installed without its compiled part; nothing was read or sent.'
      : `better-sqlite3, which keeps the ledger, can not be loaded by Node ${process.version}; nothing was read or sent: ${messageOf(cause)}`,
    hint: 'Install rc-notify again, with the Node that runs it: npm install -g --allow-scripts=better-sqlite3 ./rc-notify-*.tgz',
    exitCode: ExitCode.CANTCREAT,
    cause,
  });
}
