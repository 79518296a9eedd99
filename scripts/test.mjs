// Everything a change has to pass: `npm test`, `npm test -- <vitest filter>`, `npm run test:long`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { ensureChromium } from './browser.mjs';
import { root, runScript, setUp } from './setup.mjs';

const STATIC_STAGES = [
  ['type check', 'tsc', '--noEmit'],
  ['build', process.execPath, 'scripts/build.mjs'],
  ['lint', 'biome', 'check', '--error-on-warnings'],
  ['dead code', 'knip'],
];

await runScript(() => {
  const { long, filters } = readArguments();
  setUp();
  ensureChromium();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, command, ...args] of STATIC_STAGES) {
    counts[stagePasses(name, command, args) ? 'passed' : 'failed'] += 1;
  }
  runTests(counts, long, filters);
  const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
  console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);
  return counts.failed === 0 ? 0 : 1;
});

function readArguments() {
  const [first, ...rest] = process.argv.slice(2);
  if (first === '--long') return { long: true, filters: rest };
  return { long: false, filters: first === undefined ? [] : [first, ...rest] };
}

function stagePasses(name, command, args) {
  const started = performance.now();
  const { status, stdout, stderr, error } = run(command, args, 'pipe');
  const passed = status === 0;
  report(passed, name, started);
  if (!passed) console.log(`${stdout ?? ''}${stderr ?? ''}${error ?? ''}`);
  return passed;
}

function runTests(counts, long, filters) {
  const directory = mkdtempSync(join(tmpdir(), 'rc-notify-test-'));
  const file = join(directory, 'results.json');
  const started = performance.now();
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const mode = long ? ['--mode', 'long'] : [];
  const { status } = run('vitest', ['run', ...reporters, ...mode, ...filters], 'inherit');
  const failedBefore = counts.failed;
  const executed = countResults(file, counts);
  rmSync(directory, { recursive: true, force: true });
  // A run that ended badly, or ran nothing, has failed even where no single test says so.
  if (counts.failed === failedBefore && (status !== 0 || executed === 0)) counts.failed += 1;
  report(counts.failed === failedBefore, `tests${executed === 0 ? ' (none was run)' : ''}`, started);
}

/** Adds vitest's results to the counts; a test file that could not be loaded is one failure. Returns how many tests ran. */
function countResults(file, counts) {
  let results;
  try {
    results = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
  const broken = results.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  counts.passed += results.numPassedTests;
  counts.failed += results.numFailedTests + broken.length;
  counts.skipped += results.numPendingTests + results.numTodoTests;
  return results.numPassedTests + results.numFailedTests;
}

function run(command, args, output) {
  return spawnSync(command.includes('/') ? command : `${root}node_modules/.bin/${command}`, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', output, output],
    maxBuffer: 64 * 1024 * 1024,
  });
}

function report(passed, name, started) {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(12)} ${seconds} s`);
}
