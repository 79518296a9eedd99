// Every benchmark in turn: `npm run bench`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './measure.mjs';

for (const name of ['start', 'scan', 'oracle', 'memory', 'history', 'whatsapp']) {
  console.log(`\n${name}`);
  const { status } = spawnSync(process.execPath, [join(root, `bench/${name}.mjs`)], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
