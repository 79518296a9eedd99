// Loaded before the program under test: leaves the process's peak resident memory (KiB) in a file.
import { writeFileSync } from 'node:fs';
import process from 'node:process';

const file = process.env.BENCH_PEAK_FILE;
if (file !== undefined) {
  process.on('exit', () => writeFileSync(file, String(process.resourceUsage().maxRSS)));
}
