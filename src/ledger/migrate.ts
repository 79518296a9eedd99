import type { Database } from 'better-sqlite3';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { type Migration, migrations } from './migrations/index.ts';

/** The newest schema this program knows. */
export const LATEST_VERSION = migrations.at(-1)?.version ?? 0;

/** The schema version of an open ledger; 0 for an empty file. */
export function schemaVersion(database: Database): number {
  const hasTable = database
    .prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'`)
    .get();
  if (hasTable === undefined) return 0;
  const row = database.prepare('SELECT MAX(version) AS version FROM schema_migrations').get() as {
    version: number | null;
  };
  return row.version ?? 0;
}

/** Throws RcError 73 where the ledger was written by a newer program. */
export function refuseNewerLedger(database: Database, latest: number = LATEST_VERSION): void {
  const version = schemaVersion(database);
  if (version <= latest) return;
  throw new RcError({
    code: 'ERR_RC_LEDGER_NEWER',
    message: `The ledger has schema version ${version}, this rc-notify knows versions up to ${latest}; nothing was changed.`,
    hint: 'Install the rc-notify that wrote it, or a newer one: npm install -g --allow-scripts=better-sqlite3 ./rc-notify-*.tgz',
    exitCode: ExitCode.CANTCREAT,
  });
}

/** Brings the schema up to date, one transaction each; two programs starting at once do it once. */
export function migrate(database: Database, now: Date, steps: readonly Migration[] = migrations): void {
  const applyOne = database.transaction((step: Migration) => {
    if (schemaVersion(database) >= step.version) return;
    database.exec(step.sql);
    database
      .prepare('INSERT INTO schema_migrations (version, name, applied_at) VALUES (?, ?, ?)')
      .run(step.version, step.name, now.toISOString());
  });
  if (schemaVersion(database) >= (steps.at(-1)?.version ?? 0)) return;
  database.exec(
    'CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)',
  );
  for (const step of steps) applyOne.immediate(step);
}
