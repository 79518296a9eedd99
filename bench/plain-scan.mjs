// The plainest program doing a quiet scan's work with the bare libraries: parse, find the late, look each up.
import { createReadStream } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { parse } from 'csv-parse';

const [csv, ledger] = process.argv.slice(2);
const database = new Sqlite(ledger);
const told = database.prepare(
  'SELECT send_status FROM whatsapp_notifications WHERE meter_number = ? AND released_at IS NULL',
);
let checked = 0;
let already = 0;
let head = null;
for await (const record of createReadStream(csv).pipe(parse())) {
  if (head === null) {
    head = Object.fromEntries(record.map((name, index) => [name, index]));
    continue;
  }
  checked += 1;
  if (Number(record[head.ELAPSED_SECONDS]) < 3600) continue;
  if (told.get(record[head.METER_NUMBER])?.send_status === 'sent') already += 1;
}
database.close();
console.log(JSON.stringify({ checked, already }));
