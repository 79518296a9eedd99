import BetterSqlite, {
  type Database,
  type Options,
  type PragmaOptions,
  type Statement,
} from 'better-sqlite3';

const kept: object[] = [];

function keep<T extends object>(native: T): T {
  kept.push(native);
  return native;
}

/**
 * Opens an SQLite database whose native objects are kept until the process ends. Compiled against Node 24.19 or newer,
 * better-sqlite3 12 (the last for Node 20) aborts the process when the garbage collector meets one of them while no
 * JavaScript runs: what is never garbage is never met. https://github.com/WiseLibs/better-sqlite3/issues/1515
 */
export function openSqlite(file: string | Buffer, options?: Options): Database {
  const database = keep(new BetterSqlite(file, options));
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
