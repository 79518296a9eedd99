// A scan of 100,000 rows, 1,000 late and all of them told already, against the plainest script with the same libraries.
import { join } from 'node:path';
import { inTemporaryDirectory, inTurn, median, program, root, runNode, verdict } from './measure.mjs';
import { makeToldSample } from './sample.mjs';

await inTemporaryDirectory(async (directory) => {
  const { csv, config, ledger } = await makeToldSample(directory, 100_000, 1_000);

  const ours = () => {
    const run = runNode([program, 'scan', '--config', config, '--json']);
    const { counts } = JSON.parse(run.stdout);
    if (counts.checked !== 100_000 || counts.alreadyNotified !== 1_000) throw new Error(run.stdout);
    return run.ms;
  };
  const plain = () => {
    const run = runNode([join(root, 'bench/plain-scan.mjs'), csv, ledger]);
    const { checked, already } = JSON.parse(run.stdout);
    if (checked !== 100_000 || already !== 1_000) throw new Error(run.stdout);
    return run.ms;
  };
  const times = inTurn(5, ours, plain);
  console.log(
    `scan of 100,000 rows: ${median(times.ours).toFixed(0)} ms, plain script ${median(times.plain).toFixed(0)} ms`,
  );
  verdict('scan / plain script', median(times.ours) / median(times.plain), 1.5);
});
