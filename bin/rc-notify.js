#!/usr/bin/env node
import process from 'node:process';
import { run } from '../dist/main.js';

const code = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
});
// A handle some library left open must not keep the scheduler waiting; a pipe still gets its last bytes.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
