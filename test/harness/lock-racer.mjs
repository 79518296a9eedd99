// @ts-check
// One of two that reach for the lock of one directory after another, each at a moment given in advance, and print what came
// of it. Who gets it holds it until the other has tried.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireScanLock } from '../../src/ledger/lock.ts';

const [base = '', startAt, rounds, everyMs] = process.argv.slice(2);

for (let round = 0; round < Number(rounds); round += 1) {
  const moment = Number(startAt) + round * Number(everyMs);
  // Spinning, for a timer is not exact enough for two processes to collide.
  while (Date.now() < moment);
  try {
    const holder = { command: 'scan', pid: process.pid, since: new Date().toISOString() };
    const lock = acquireScanLock(join(base, String(round)), holder);
    console.log(`${round} got it`);
    tried(round);
    while (triedBy(round) < 2) await sleep(5);
    lock.release();
  } catch (/** @type {any} */ thrown) {
    console.log(`${round} ${thrown.message}`);
    tried(round);
  }
}

/** @param {number} round */
function tried(round) {
  writeFileSync(join(base, `tried-${round}-${process.pid}`), '');
}

/** @param {number} round */
function triedBy(round) {
  return readdirSync(base).filter((name) => name.startsWith(`tried-${round}-`)).length;
}
