#!/usr/bin/env node
import process from 'node:process';
import { run } from '../dist/main.js';

const { argv, stdin, stdout, stderr, env } = process;
// A reader that went away (| head) is no reason to leave a message half settled.
for (const stream of [stdout, stderr]) stream.on('error', () => {});
process.on('uncaughtException', (error) => {
  stderr.write(`This is a bug; report it with this stack: ${error?.stack ?? error}\n`);
  process.exit(70);
});
/** A shell may stand in a directory that is no more; what is started from here needs one that is. */
function workingDirectory() {
  try {
    return process.cwd();
  } catch {
    process.chdir('/');
    return '/';
  }
}
const code = await run(argv.slice(2), { stdin, stdout, stderr, env, cwd: workingDirectory() });
// A handle some library left open must not keep the scheduler waiting, nor a reader that stopped reading; a pipe still
// gets its last bytes.
const flushed = [stdout, stderr].map((stream) => new Promise((done) => stream.write('', done)));
setTimeout(() => {
  stderr.write('The output was not read within 5 s; the rest of it is lost.\n');
  process.exit(code);
}, 5000);
await Promise.all(flushed);
process.exit(code);
