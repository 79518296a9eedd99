// @ts-check
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import process from 'node:process';

/** @import { Channel, Connection, LookupResult, OutgoingMessage, SendResult } from '../../../src/channel/port.ts' */
/** @import { RcError as RcErrorType } from '../../../src/errors.ts' */
/** @import { Clock } from '../../../src/io.ts' */

/**
 * What becomes of one send. `arrives`: the server has it before the client learns anything. `deaf`: the client waits for
 * ever; `wait`: until it is told to give up.
 * @type {Readonly<Record<string, { arrives: boolean, answer: 'ack' | 'refusal' | 'throw' | 'nothing' | 'late' | 'wait' | 'deaf' | 'die', local?: boolean }>>}
 */
const ORDERS = {
  accept: { arrives: true, answer: 'ack' },
  refuse: { arrives: false, answer: 'refusal' },
  throw: { arrives: false, answer: 'throw' },
  'accept-and-throw': { arrives: true, answer: 'throw' },
  'answer-nothing': { arrives: false, answer: 'nothing' },
  'accept-and-answer-nothing': { arrives: true, answer: 'nothing' },
  'answer-late': { arrives: true, answer: 'late' },
  'keep-local-copy': { arrives: false, answer: 'wait', local: true },
  'lose-answer': { arrives: true, answer: 'deaf' },
  'never-ack': { arrives: false, answer: 'deaf' },
  'die-before-accepting': { arrives: false, answer: 'die' },
  'die-after-accepting': { arrives: true, answer: 'die' },
};

/**
 * @typedef {object} MessengerOrders What a test tells the stand-in to do; plain data, so that it can be sent to a child.
 * @property {string} server The file that is the server's memory.
 * @property {boolean} [honoursIds] True where nothing else is said.
 * @property {string} [account]
 * @property {Readonly<Record<number, string>>} [sends] Orders by the number of the send of this client, from 1; else `accept`.
 * @property {number} [lateBy] Milliseconds until the answer of `answer-late`.
 * @property {'fail' | 'refuse' | 'hang'} [connect] 69, 77, or no answer at all.
 * @property {'hang' | 'throw'} [close]
 * @property {'hang' | 'throw'} [lookup]
 * @property {readonly string[]} [closedGroups] Can not be posted to.
 * @property {number | null} [keepAliveMs]
 */

/**
 * @typedef {{ kind: 'connected' | 'closed' }
 *   | { kind: 'local', id: string }
 *   | { kind: 'delivered' | 'repeat', account: string, group: string, id: string, text: string }} ServerRecord
 */

/**
 * @param {MessengerOrders} orders
 * @param {{ clock: Clock, RcError: typeof RcErrorType }} world The program's own error class: a child has another than a test.
 * @returns {Channel}
 */
export function openMessenger(orders, { clock, RcError }) {
  const { honoursIds = true, keepAliveMs = null } = orders;
  return {
    name: 'whatsapp',
    honoursIds,
    keepAliveMs,
    connect: async () => {
      if (orders.connect === 'hang') return never();
      if (orders.connect !== undefined) throw connectFailure(orders.connect, RcError);
      record(orders.server, { kind: 'connected' });
      return connectionOf(orders, honoursIds, clock);
    },
  };
}

/**
 * @param {MessengerOrders} orders
 * @param {boolean} honoursIds
 * @param {Clock} clock
 * @returns {Connection}
 */
function connectionOf(orders, honoursIds, clock) {
  const { server, account = '8801700000000', sends = {}, closedGroups = [] } = orders;
  let sent = 0;
  return {
    account,
    version: 'stand-in',
    lost: new AbortController().signal,
    checkGroup: async (groupId) =>
      closedGroups.includes(groupId) ? { canPost: false, why: 'only admins may post' } : { canPost: true },
    send: async (message, signal) => {
      sent += 1;
      const order = ORDERS[sends[sent] ?? 'accept'];
      if (order === undefined) throw new Error(`no such order: ${sends[sent]}`);
      if (order.local) record(server, { kind: 'local', id: message.id });
      if (order.arrives) deliver(server, account, message, honoursIds);
      return give(order.answer, signal, clock, orders.lateBy ?? 0);
    },
    lookup: async ({ id }) => {
      if (!honoursIds) throw new Error('this messenger knows no ids of ours');
      if (orders.lookup === 'hang') return never();
      if (orders.lookup === 'throw') throw new Error('the page is gone');
      return lookup(server, account, id);
    },
    close: async () => {
      if (orders.close === 'hang') return never();
      if (orders.close === 'throw') throw new Error('the browser is gone');
      record(server, { kind: 'closed' });
    },
  };
}

/**
 * @param {'ack' | 'refusal' | 'throw' | 'nothing' | 'late' | 'wait' | 'deaf' | 'die'} answer
 * @param {AbortSignal} signal
 * @param {Clock} clock
 * @param {number} lateBy
 * @returns {Promise<SendResult>}
 */
async function give(answer, signal, clock, lateBy) {
  if (answer === 'die') process.kill(process.pid, 'SIGKILL');
  if (answer === 'throw') throw new Error('the page crashed');
  if (answer === 'refusal') return { status: 'failed', ack: -1, error: 'refused by the server' };
  // A library that promises a message and resolves to nothing at all.
  if (answer === 'nothing') return /** @type {any} */ (undefined);
  if (answer === 'deaf') return never();
  if (answer === 'wait') {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return { status: 'unknown', ack: 0, error: 'no ack before it was told to give up' };
  }
  if (answer === 'late') await clock.sleep(lateBy);
  return { status: 'sent', ack: 1 };
}

/**
 * @param {string} server
 * @param {string} account
 * @param {OutgoingMessage} message
 * @param {boolean} honoursIds
 */
function deliver(server, account, { id, groupId: group, text }, honoursIds) {
  const earlier = readServer(server).delivered;
  const known = honoursIds && earlier.some((delivery) => delivery.id === id);
  const serverId = honoursIds ? id : `server-${earlier.length + 1}`;
  record(server, { kind: known ? 'repeat' : 'delivered', account, group, id: serverId, text });
}

/**
 * @param {string} server
 * @param {string} account
 * @param {string} id
 * @returns {LookupResult}
 */
function lookup(server, account, id) {
  const { delivered, local } = readServer(server);
  if (delivered.some((delivery) => delivery.id === id && delivery.account === account)) {
    return { found: true, ack: 1 };
  }
  return local.includes(id) ? { found: true, ack: 0 } : { found: false };
}

/**
 * What the server remembers.
 * @param {string} server
 */
export function readServer(server) {
  const records = readRecords(server);
  /** @param {string} kind */
  const arrivals = (kind) =>
    records.flatMap((entry) => ('group' in entry && entry.kind === kind ? [entry] : []));
  /** @param {string} kind */
  const count = (kind) => records.filter((entry) => entry.kind === kind).length;
  return {
    delivered: arrivals('delivered'),
    repeats: arrivals('repeat'),
    local: records.flatMap((entry) => (entry.kind === 'local' ? [entry.id] : [])),
    connections: count('connected'),
    closings: count('closed'),
  };
}

/**
 * @param {string} server
 * @returns {ServerRecord[]}
 */
function readRecords(server) {
  const lines = readFileSync(server, { encoding: 'utf8', flag: 'a+' }).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/**
 * @param {string} server
 * @param {ServerRecord} entry
 */
function record(server, entry) {
  const file = openSync(server, 'a');
  writeSync(file, `${JSON.stringify(entry)}\n`);
  fsyncSync(file);
  closeSync(file);
}

/**
 * @param {'fail' | 'refuse'} how
 * @param {typeof RcErrorType} RcError
 */
function connectFailure(how, RcError) {
  return how === 'fail'
    ? new RcError({
        code: 'ERR_RC_UNREACHABLE',
        message: 'The messenger can not be reached.',
        hint: 'Check the network, then run: rc-notify scan',
        exitCode: 69,
      })
    : new RcError({
        code: 'ERR_RC_NOT_LINKED',
        message: 'The profile is not linked.',
        hint: 'Link it: rc-notify login',
        exitCode: 77,
      });
}

/** @returns {Promise<never>} */
function never() {
  return new Promise(() => {});
}
