import type { ExecuteOptions, Metadata } from 'oracledb';
import type { ColumnNames } from '../columns.ts';
import type { RowBatch } from '../port.ts';
import type { BindValues } from './binds.ts';
import { type Database, toDriver } from './database.ts';
import { planFetch } from './fetch.ts';
import type { Session } from './session.ts';

export interface Query {
  /** For people. */
  readonly name: string;
  readonly text: string;
  readonly binds: BindValues;
  readonly columns: ColumnNames;
}

const BATCH = 1000;

/** The rows of a query that offers RC commands; `described` is told its columns before they are judged. */
export async function* batches(
  database: Database,
  session: Session,
  query: Query,
  described: (columns: readonly Metadata[]) => void = () => {},
): AsyncGenerator<RowBatch> {
  const { text, name } = query;
  const { metaData = [] } = await database.run(session, { name, text }, (to) => to.getStatementInfo(text));
  described(metaData);
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
export async function* fetchAll(
  database: Database,
  session: Session,
  sql: string,
  { binds, name, text }: Omit<Query, 'columns'>,
): AsyncGenerator<unknown[][]> {
  const [values, options] = [await toDriver(binds), await fetchOptions()];
  const ran = { name, text: sql === text ? text : null };
  const { resultSet } = await database.run(session, ran, (to) => to.execute(sql, values, options));
  if (resultSet === undefined) throw new Error('the driver gave no result set');
  const fetchNext = () => {
    const fetched = database.run(session, ran, () => resultSet.getRows(BATCH));
    // It may fail while the batch before it is in use; that is heard when it is its turn.
    fetched.catch(() => {});
    return fetched;
  };
  let next = fetchNext();
  try {
    for (;;) {
      const rows = await next;
      const isLast = rows.length < BATCH;
      // The database prepares a batch while the one before it is in use.
      if (!isLast) next = fetchNext();
      yield rows;
      if (isLast) return;
    }
  } finally {
    // Whoever wants no more rows leaves no call behind: a session is best closed when it is idle.
    await next.catch(() => {});
  }
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
