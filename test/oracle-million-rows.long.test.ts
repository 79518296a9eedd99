import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scanJson, type Workplace } from './harness/workplace.ts';
import type { Row } from './standins/oracle/index.ts';
import { COLUMNS, database, workplace } from './support/oracle-scan.ts';

const LATE = 100;
/** What V8 leaves uncollected for a while; a million rows that were kept would take several times the whole. */
const FLAT = 1.5;
const REPORT_MEMORY = new URL('../bench/report-memory.mjs', import.meta.url).href;

it('a million rows are read in the memory of a hundred thousand, and every late one is told, once', async () => {
  const [few, many] = [await scanTwice(100_000), await scanTwice(1_000_000)];
  expect(many.first / few.first).toBeLessThan(FLAT);
  expect(many.second / few.second).toBeLessThan(FLAT);
});

/** The peaks of the scan that tells the late ones, and of the next. */
async function scanTwice(count: number): Promise<{ first: number; second: number }> {
  const oracle = await database({ answer: () => ({ columns: COLUMNS, rows: commands(count) }) });
  const work = workplace(oracle, { pace: { perScan: LATE } });
  const first = await scan(work);
  expect(first.counts).toMatchObject({ checked: count, invalid: 0, normal: count - LATE, sent: LATE });
  const second = await scan(work);
  expect(second.counts).toMatchObject({ checked: count, sent: 0, alreadyNotified: LATE });
  return { first: first.peakKiB, second: second.peakKiB };
}

async function scan(work: Workplace) {
  const file = join(work.directory, 'peak');
  const env = { NODE_OPTIONS: `--import=${REPORT_MEMORY}`, BENCH_PEAK_FILE: file };
  const finished = await work.scan({ env });
  expect(finished.code, finished.stderr).toBe(0);
  return { counts: scanJson(finished).counts, peakKiB: Number(readFileSync(file, 'utf8')) };
}

/** Made as they are fetched: the database keeps none of them either. */
function* commands(count: number): Iterable<Row> {
  for (let row = 0; row < count; row += 1) {
    const age = row % (count / LATE) === 0 ? 7300 : 60;
    yield [`C${row}`, String(10_000_000 + row), `NOCS-${row % 36}`, `K${row}`, `${row % 500}.25`, null, age];
  }
}
