// The first page of history on a ledger of 1,000,000 rows against one of 10,000.
import Sqlite from 'better-sqlite3';
import { inTemporaryDirectory, inTurn, median, program, runNode, verdict } from './measure.mjs';
import { makeToldSample } from './sample.mjs';

const RUNS = 9;
/** What two runs of the same command differ by on a busy machine. */
const NOISE = 1.1;

async function makeLedger(directory, rows) {
  const { config, ledger } = await makeToldSample(directory, 10, 1);
  const database = new Sqlite(ledger);
  database
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO whatsapp_notifications (meter_number, nocs_name, duration_status, duration_minutes, channel,
         send_status, reason, dedupe_key, message, created_at, updated_at, sent_at)
       SELECT 'M' || i, 'NOCS ' || (i % 36), 'ALERT', 60, 'whatsapp', 'sent', 'due', 'meter:M' || i,
         'text of the message', strftime('%Y-%m-%dT%H:%M:%fZ', 1700000000 + i, 'unixepoch'),
         '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z' FROM n`,
    )
    .run(rows);
  database.close();
  return config;
}

await inTemporaryDirectory(async (small) =>
  inTemporaryDirectory(async (large) => {
    const ofSmall = await makeLedger(small, 10_000);
    const ofLarge = await makeLedger(large, 1_000_000);
    const times = inTurn(
      RUNS,
      () => runNode([program, 'history', '--config', ofLarge]).ms,
      () => runNode([program, 'history', '--config', ofSmall]).ms,
    );
    console.log(
      `history, first page: ${median(times.ours).toFixed(0)} ms on 1,000,000 rows, ${median(times.plain).toFixed(0)} ms on 10,000`,
    );
    verdict('1,000,000 rows / 10,000 rows', median(times.ours) / median(times.plain), NOISE);
  }),
);
