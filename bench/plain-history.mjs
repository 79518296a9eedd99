// The plainest program that shows the newest rows.
import Sqlite from 'better-sqlite3';

const database = new Sqlite(process.argv[2], { readonly: true });
const rows = database
  .prepare('SELECT * FROM whatsapp_notifications ORDER BY created_at DESC, id DESC LIMIT 50')
  .all();
for (const row of rows) console.log(row.created_at, row.meter_number, row.nocs_name, row.send_status);
