#!/usr/bin/env node
import process from 'node:process';
import { run } from '../dist/main.js';

const { argv, stdin, stdout, stderr, env } = process;
// A reader that went away (| head) is no reason to leave a message half settled.
for (const stream of [stdout, stderr]) stream.on('error', () => {});
const code = await run(argv.slice(2), { stdin, stdout, stderr, env, cwd: process.cwd() });
// A handle some library left open must not keep the scheduler waiting; a pipe still gets its last bytes.
const exit = () => stderr.write('', () => process.exit(code));
if (stdout.destroyed) exit();
else stdout.write('', exit);
