// @ts-check
// Reaches for the lock of one directory after another, each at a moment given in advance, and prints what came of it.
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireScanLock } from '../../src/ledger/lock.ts';

const [base = '', startAt, rounds, everyMs, holdMs] = process.argv.slice(2);

for (let round = 0; round < Number(rounds); round += 1) {
  const moment = Number(startAt) + round * Number(everyMs);
  // Spinning, for a timer is not exact enough for two processes to collide.
  while (Date.now() < moment);
  try {
    const holder = { command: 'scan', pid: process.pid, since: new Date().toISOString() };
    const lock = acquireScanLock(join(base, String(round)), holder);
    console.log(`${round} got it`);
    await sleep(Number(holdMs));
    lock.release();
  } catch (/** @type {any} */ thrown) {
    console.log(`${round} ${thrown.message}`);
  }
}
