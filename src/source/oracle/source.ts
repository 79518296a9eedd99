import type { OracleConfig } from '../../config/config.ts';
import type { Fate } from '../../domain.ts';
import type { ColumnNames } from '../columns.ts';
import type { RowBatch, Source } from '../port.ts';
import { c2mCommands, c2mOutcomes, c2mParameters, MOST_IDS } from '../queries/c2m.ts';
import { type BindValues, chooseBinds, givenBinds, parametersOf } from './binds.ts';
import { Database, type Surroundings } from './database.ts';
import { isDropped } from './errors.ts';
import { readOwnQuery } from './own-query.ts';
import { batches, fetchAll, type Query } from './rows.ts';
import type { Session } from './session.ts';
import { readStatement } from './statement.ts';
import { surveyCommands } from './survey.ts';

export interface OracleSourceOptions {
  readonly oracle: OracleConfig;
  readonly columns: ColumnNames;
  /** `rules.alertAfter`, milliseconds. */
  readonly alertAfter: number;
}

/**
 * RC commands in an Oracle database, by the built-in query or an own one.
 * Throws RcError 78 where the query or its parameters can not be used; nothing is connected to yet.
 */
export async function openOracleSource(
  { oracle, columns, alertAfter }: OracleSourceOptions,
  surroundings: Surroundings,
): Promise<Source> {
  const database = new Database(oracle, surroundings);
  const given = givenBinds(alertAfter, oracle);
  if (oracle.query !== 'c2m') {
    const own = await readOwnQuery(oracle.query, { ...parametersOf(oracle), ...given });
    return sourceOf(database, oracle, { name: oracle.query, columns, ...own });
  }
  const parameters = c2mParameters(parametersOf(oracle));
  const { text, binds: used } = readStatement(c2mCommands(parameters), 'c2m');
  const binds = chooseBinds(used, { ...parameters, ...given }, 'c2m');
  return {
    ...sourceOf(database, oracle, { name: 'the query c2m', text, binds, columns: {} }),
    outcomes: (commandIds, signal) => readOutcomes(database, commandIds, parameters, signal),
  };
}

function sourceOf(database: Database, { lookback }: OracleConfig, query: Query): Source {
  return {
    description: database.description,
    positionName: 'row',
    lookbackMs: lookback,
    read: (signal) => readCommands(database, query, signal),
    survey: (surveyor, signal) => surveyCommands(database, query, surveyor, signal),
  };
}

/** A connection lost before the first row is made once more: nobody has used anything yet. */
async function* readCommands(
  database: Database,
  query: Query,
  signal: AbortSignal,
): AsyncGenerator<RowBatch> {
  const endsAt = performance.now() + database.patience;
  const read = (session: Session) => batches(database, session, query);
  for (let attempt = 1; ; attempt += 1) {
    let isUsed = false;
    try {
      for await (const batch of database.session(read, endsAt - performance.now(), signal)) {
        isUsed = true;
        yield batch;
      }
      return;
    } catch (thrown) {
      if (isUsed || attempt > 1 || !isDropped(thrown)) throw database.explain(thrown);
    }
  }
}

async function readOutcomes(
  database: Database,
  commandIds: readonly string[],
  parameters: BindValues,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Fate>> {
  const fates = new Map<string, Fate>();
  async function* ask(session: Session): AsyncGenerator<unknown[][]> {
    for (let at = 0; at < commandIds.length; at += MOST_IDS) {
      const { sql, binds } = c2mOutcomes(commandIds.slice(at, at + MOST_IDS), parameters);
      yield* fetchAll(database, session, sql, { name: 'the query c2m', text: sql, binds });
    }
  }
  try {
    for await (const rows of database.session(ask, database.patience, signal)) {
      for (const [id, outcome] of rows) {
        if (isFate(outcome)) fates.set(String(id).trim(), outcome);
      }
    }
  } catch (thrown) {
    throw database.explain(thrown);
  }
  return fates;
}

function isFate(text: unknown): text is Fate {
  return text === 'completed' || text === 'discarded' || text === 'in-progress' || text === 'stalled';
}
