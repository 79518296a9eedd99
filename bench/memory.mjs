// Peak memory of a scan of 1,000,000 rows against one of 10,000: rows that are neither late nor open are not kept.
import { inTemporaryDirectory, median, program, runNode, verdict } from './measure.mjs';
import { makeToldSample } from './sample.mjs';

const RUNS = 3;

async function peakOf(rows) {
  return inTemporaryDirectory(async (directory) => {
    const { config } = await makeToldSample(directory, rows, 1_000);
    const peaks = Array.from({ length: RUNS }, () => runNode([program, 'scan', '--config', config]).peakMiB);
    return median(peaks);
  });
}

const small = await peakOf(10_000);
const large = await peakOf(1_000_000);
console.log(`peak memory: ${small.toFixed(0)} MiB for 10,000 rows, ${large.toFixed(0)} MiB for 1,000,000`);
verdict('1,000,000 rows / 10,000 rows', large / small, 1.25);
