/** The connection to the server: what it says comes as events, what is said to it is posted. */
import { Emitter } from './models.js';
import { settings, wait } from './settings.js';

/** `welcome`, `ref`, `idle`, `linked`, `ack`, `logout`, `fault`; and `closed` when the connection is lost. */
export const wire = new Emitter();

const EVENTS = ['welcome', 'ref', 'idle', 'linked', 'ack', 'logout', 'fault'];
const page = crypto.randomUUID();
const pending = new Map();
let events;
let device;

export function connect(linkedDevice = device) {
  device = linkedDevice;
  const query = new URLSearchParams({ page, ...device });
  events?.close();
  events = new EventSource(`/wire/events?${query}`);
  for (const name of EVENTS) {
    events.addEventListener(name, ({ data }) => wire.trigger(name, JSON.parse(data)));
  }
  events.onerror = () => reconnect();
}

async function reconnect() {
  events.close();
  wire.trigger('closed');
  await wait(settings.reconnectMs);
  connect();
}

/** The server's answer, or a rejection if there was none. */
export async function post(path, body) {
  const response = await fetch(`/wire/${path}`, { method: 'POST', body: JSON.stringify({ page, ...body }) });
  if (!response.ok) throw Object.assign(new Error(`status ${response.status}`), { status: response.status });
  return response.json();
}

/** Ends with the server's ack. Until then it is sent again, as it is, whenever the connection is there anew. */
export function sendAndWaitForAck(stanza) {
  return new Promise((resolve, reject) => {
    pending.set(stanza, { resolve, reject });
    cast(stanza);
  });
}

async function cast(stanza) {
  // A request that fails is a connection that is lost: it is cast again when there is a new one.
  const { failed } = await post('send', stanza).catch(() => ({}));
  if (!failed) return;
  pending.get(stanza)?.reject(new Error('the page could not send'));
  pending.delete(stanza);
}

wire.on('ack', ({ id, group, error, t }) => {
  for (const [stanza, { resolve }] of pending) {
    if (stanza.id !== id || stanza.group !== group) continue;
    pending.delete(stanza);
    resolve({ error, t });
  }
});

wire.on('welcome', () => {
  for (const stanza of pending.keys()) cast(stanza);
});
