// RC commands as a CSV file: nine columns as a site's export has them, the late ones spread evenly.

import { once } from 'node:events';
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program, runNode } from './measure.mjs';

const HEAD =
  'METER_NUMBER,NOCS_NAME,TRIGGERED_AT,ELAPSED_SECONDS,CUSTOMER_ID,BALANCE,COMMAND_ID,OUTCOME,NOTE\n';

async function writeSample(file, rows, late) {
  const out = createWriteStream(file);
  out.write(HEAD);
  const every = Math.floor(rows / late);
  for (let row = 0; row < rows; row += 1) {
    const age = row % every === 0 && row / every < late ? 4000 + (row % 9000) : 60 + (row % 3000);
    const line = `${10000000 + row},NOCS ${row % 36},,${age},CUST${row},${row % 500}.25,${90000000000 + row},,"in progress"\n`;
    if (!out.write(line)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}

/** A sample, a configuration that reads it, and a ledger in which its late commands are told, all in one directory. */
export async function makeToldSample(directory, rows, late) {
  const csv = join(directory, 'commands.csv');
  const config = join(directory, 'config.json');
  const state = join(directory, 'state');
  await writeSample(csv, rows, late);
  writeFileSync(config, configFor(csv, state));
  runNode([program, 'scan', '--baseline', '--config', config]);
  return { csv, config, ledger: join(state, 'ledger.db') };
}

function configFor(csv, stateDirectory) {
  return JSON.stringify({
    source: { type: 'file', file: { path: csv } },
    channel: 'terminal',
    groups: { default: '120363000000000000@g.us' },
    pace: { minGap: '0s', maxGap: '0s', perGroupGap: '0s', perScan: 1000, perDay: 10000 },
    state: { directory: stateDirectory },
  });
}
