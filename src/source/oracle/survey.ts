import type { RowBatch, Survey, Surveyor } from '../port.ts';
import type { Database } from './database.ts';
import { batches, fetchAll, type Query } from './rows.ts';
import type { Session } from './session.ts';

/** Of the clock that SYSDATE shows, with its offset from UTC. */
const CLOCK = {
  name: 'the question for its time',
  text: `SELECT TO_CHAR(SYSTIMESTAMP, 'YYYY-MM-DD"T"HH24:MI:SS.FF3TZH:TZM') FROM DUAL`,
  binds: {},
};

/** One session and one run of the query, as a scan would do it. Throws like a read, but nothing is tried again. */
export async function* surveyCommands(
  database: Database,
  query: Query,
  { now, tell }: Surveyor,
  signal: AbortSignal,
): AsyncGenerator<RowBatch> {
  const connectingAt = performance.now();
  async function* use(session: Session): AsyncGenerator<RowBatch> {
    const connectMs = since(connectingAt);
    const version = await database.run(session, CLOCK, async (to) => to.oracleServerVersionString);
    tell({ server: { version, connectMs } });
    tell({ clock: await readClock(database, session, now) });
    const sentAt = performance.now();
    let count = 0;
    const reading = batches(database, session, query, (found) =>
      tell({ columns: found.map(({ name, dbTypeName }) => ({ name, type: dbTypeName })) }),
    );
    for await (const batch of reading) {
      if (count === 0 && batch.rows.length > 0) tell({ firstRowMs: since(sentAt) });
      count += batch.rows.length;
      yield batch;
    }
    tell({ wholeRead: { ms: since(sentAt), rows: count } });
  }
  try {
    yield* database.session(use, database.patience, signal);
  } catch (thrown) {
    throw database.explain(thrown);
  }
}

/** Compares with this host's clock at the middle of the round trip. */
async function readClock(database: Database, session: Session, now: () => Date): Promise<Survey['clock']> {
  const [askedAt, hostTime] = [performance.now(), now().getTime()];
  let time = '';
  for await (const rows of fetchAll(database, session, CLOCK.text, CLOCK)) time += rows.join();
  const roundTripMs = since(askedAt);
  return { time, aheadMs: Math.round(Date.parse(time) - hostTime - roundTripMs / 2), roundTripMs };
}

function since(start: number): number {
  return Math.round(performance.now() - start);
}
