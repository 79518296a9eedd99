// @ts-check
// The real command with another world around it: what RC_NOTIFY_TEST_WORLD says, as JSON.
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { openMessenger } from '../standins/messenger/messenger.mjs';
import { withFailpoint } from './failpoint.mjs';

/** @import { Channel } from '../../src/channel/port.ts' */
/** @import { Clock } from '../../src/io.ts' */
/** @import { ScanLedger } from '../../src/ledger/port.ts' */
/** @import { MessengerOrders } from '../standins/messenger/messenger.mjs' */
/** @import { Failpoint } from './failpoint.mjs' */

/**
 * @typedef {object} World Plain data.
 * @property {MessengerOrders} [messenger] Where messages go instead of the configured channel.
 * @property {{ on: 'ledger' | 'connection', do: 'kill' | 'bug' } & Failpoint} [failpoint]
 * @property {string} [machineId]
 * @property {number} [aheadMs] How far this process's clock is before the real one.
 * @property {number} [speed] How much faster than real time it runs.
 */

const { RcError, realRuntime, run } = await import(new URL('../../dist/main.js', import.meta.url).href);

const { RC_NOTIFY_TEST_WORLD, ...env } = process.env;
/** @type {World} */
const world = JSON.parse(RC_NOTIFY_TEST_WORLD ?? '{}');
const { messenger, failpoint, machineId, aheadMs = 0, speed = 1 } = world;

const startedAt = Date.now();
/** @type {Clock} */
const clock = {
  now: () => new Date(startedAt + aheadMs + (Date.now() - startedAt) * speed),
  sleep: (ms, signal) => sleep(ms / speed, undefined, signal === undefined ? {} : { signal }),
};

function fail() {
  if (failpoint?.do === 'bug') throw new Error('a bug made for this test');
  process.kill(process.pid, 'SIGKILL');
}

/**
 * @template {object} T
 * @param {'ledger' | 'connection'} kind
 * @param {T} target
 * @returns {T}
 */
function failing(kind, target) {
  return failpoint?.on === kind ? withFailpoint(target, failpoint, fail) : target;
}

/** @returns {Promise<Channel>} */
async function openChannel() {
  if (messenger === undefined) throw new Error('no messenger is given');
  const channel = openMessenger(messenger, { clock, RcError });
  return { ...channel, connect: async (signal) => failing('connection', await channel.connect(signal)) };
}

const runtime = {
  ...realRuntime,
  clock,
  openLedger: async (/** @type {string} */ directory, /** @type {Date} */ now) => {
    /** @type {ScanLedger} */
    const ledger = await realRuntime.openLedger(directory, now);
    return failing('ledger', ledger);
  },
  ...(messenger === undefined ? {} : { openChannel }),
  ...(machineId === undefined ? {} : { machineId: async () => machineId }),
};

const { stdin, stdout, stderr } = process;
const code = await run(process.argv.slice(2), { stdin, stdout, stderr, env, cwd: process.cwd() }, runtime);
stdout.write('', () => stderr.write('', () => process.exit(code)));
