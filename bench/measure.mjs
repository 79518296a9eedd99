// Shared by the benchmarks: whole processes timed in turn (A B A B ...), medians and their ratio.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const program = join(root, 'bin/rc-notify.js');
const REPORT_MEMORY = join(root, 'bench/report-memory.mjs');

/** Runs `body` with a temporary directory that is removed afterwards. */
export async function inTemporaryDirectory(body) {
  const directory = mkdtempSync(join(tmpdir(), 'rc-notify-bench-'));
  try {
    return await body(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One run of Node: wall clock in ms, peak resident memory in MiB. Ends the benchmark where the exit code is unexpected. */
export function runNode(args, { env = {}, expect = 0 } = {}) {
  const memoryFile = join(tmpdir(), `rc-notify-bench-peak-${process.pid}`);
  const started = performance.now();
  const child = spawnSync(process.execPath, ['--import', REPORT_MEMORY, ...args], {
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
    env: { ...process.env, ...env, BENCH_PEAK_FILE: memoryFile },
  });
  const ms = performance.now() - started;
  if (child.status !== expect) {
    throw new Error(`${args.join(' ')} ended with ${child.status}\n${child.stdout}${child.stderr}`);
  }
  const peakMiB = Number(readFileSync(memoryFile, 'utf8')) / 1024;
  rmSync(memoryFile);
  return { ms, peakMiB, stdout: child.stdout };
}

/** Both in turn, once unmeasured and then `runs` times. */
export function inTurn(runs, ours, plain) {
  ours();
  plain();
  const results = { ours: [], plain: [] };
  for (let run = 0; run < runs; run += 1) {
    results.ours.push(ours());
    results.plain.push(plain());
  }
  return results;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Prints one comparison with its limit and remembers a miss in the exit code. */
export function verdict(what, measured, limit, unit = '') {
  conclude(measured <= limit, `${what}: ${measured.toFixed(2)}${unit} (limit ${limit}${unit})`);
}

/** The same where more is better. */
export function verdictAtLeast(what, measured, limit) {
  conclude(measured >= limit, `${what}: ${measured.toFixed(2)} (at least ${limit})`);
}

function conclude(holds, text) {
  if (!holds) process.exitCode = 1;
  console.log(`${holds ? 'ok  ' : 'MISS'} ${text}`);
}
