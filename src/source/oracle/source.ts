import type { ExecuteOptions } from 'oracledb';
import type { OracleConfig } from '../../config/config.ts';
import type { Outcome } from '../../domain.ts';
import type { ColumnNames } from '../columns.ts';
import type { RowBatch, Source } from '../port.ts';
import { C2M_COMMANDS, c2mOutcomes, c2mParameters, MOST_IDS } from '../queries/c2m.ts';
import { type BindValues, chooseBinds, givenBinds, parametersOf } from './binds.ts';
import { Database, type Surroundings, toDriver } from './database.ts';
import { isDropped } from './errors.ts';
import { planFetch } from './fetch.ts';
import { readOwnQuery } from './own-query.ts';
import type { Session } from './session.ts';
import { readStatement } from './statement.ts';

export interface OracleSourceOptions {
  readonly oracle: OracleConfig;
  readonly columns: ColumnNames;
  /** `rules.alertAfter`, milliseconds. */
  readonly alertAfter: number;
}

interface Query {
  /** For people. */
  readonly name: string;
  readonly text: string;
  readonly binds: BindValues;
  readonly columns: ColumnNames;
}

const BATCH = 1000;

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
  const { text, binds: used } = readStatement(C2M_COMMANDS, 'c2m');
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

async function* batches(database: Database, session: Session, query: Query): AsyncGenerator<RowBatch> {
  const { text, name } = query;
  const { metaData = [] } = await database.run(session, { name, text }, (to) => to.getStatementInfo(text));
  const { sql, fields, row } = planFetch(text, metaData, query.columns, database.description);
  let position = 0;
  for await (const fetched of fetchAll(database, session, sql, query)) {
    const rows = fetched.map((values) => {
      position += 1;
      return row(values, position);
    });
    yield { fields, rows };
  }
}

/** The rows of a statement, in batches; an empty one where there are none. */
async function* fetchAll(
  database: Database,
  session: Session,
  sql: string,
  { binds, name, text }: Omit<Query, 'columns'>,
): AsyncGenerator<unknown[][]> {
  const [values, options] = [await toDriver(binds), await fetchOptions()];
  const ran = { name, text: sql === text ? text : null };
  const { resultSet } = await database.run(session, ran, (to) => to.execute(sql, values, options));
  if (resultSet === undefined) throw new Error('the driver gave no result set');
  for (;;) {
    const rows = await database.run(session, ran, () => resultSet.getRows(BATCH));
    yield rows;
    if (rows.length < BATCH) return;
  }
}

async function readOutcomes(
  database: Database,
  commandIds: readonly string[],
  parameters: BindValues,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Outcome>> {
  const ended = new Map<string, Outcome>();
  async function* ask(session: Session): AsyncGenerator<unknown[][]> {
    for (let at = 0; at < commandIds.length; at += MOST_IDS) {
      const { sql, binds } = c2mOutcomes(commandIds.slice(at, at + MOST_IDS), parameters);
      yield* fetchAll(database, session, sql, { name: 'the query c2m', text: sql, binds });
    }
  }
  try {
    for await (const rows of database.session(ask, database.patience, signal)) {
      for (const [id, outcome] of rows) {
        if (outcome === 'completed' || outcome === 'discarded') ended.set(String(id).trim(), outcome);
      }
    }
  } catch (thrown) {
    throw database.explain(thrown);
  }
  return ended;
}

/** NUMBER as text is exact; as a number it is rounded. */
async function fetchOptions(): Promise<ExecuteOptions> {
  const { default: oracledb } = await import('oracledb');
  return {
    resultSet: true,
    prefetchRows: BATCH,
    fetchArraySize: BATCH,
    fetchTypeHandler: () => ({ type: oracledb.STRING }),
  };
}
