/** The state of the connection as the page's own modules see it. */

import { chats, loadChats } from './chats.js';
import { Conn, refreshQR, showsQr } from './linking.js';
import { loadNewest, messages, resendKept } from './messages.js';
import { Emitter, Model } from './models.js';
import { showChats, showQr } from './screen.js';
import { account, hasFault, settings, wait } from './settings.js';
import { clearEverything, readDevice } from './storage.js';
import { connect, post, wire } from './wire.js';

class SocketModel extends Model {
  async logout() {
    await post('logout', {}).catch(() => {});
    await loggedOut();
  }
}

export const Socket = new SocketModel({ state: 'UNLAUNCHED', stream: 'DISCONNECTED', hasSynced: undefined });
export const Cmd = Object.assign(new Emitter(), { refreshQR, openChatBottom: async () => true });

const STATES = {
  conflict: 'CONFLICT',
  'tos-block': 'TOS_BLOCK',
  'smb-tos-block': 'SMB_TOS_BLOCK',
  proxyblock: 'PROXYBLOCK',
  'deprecated-version': 'DEPRECATED_VERSION',
  unpaired: 'UNPAIRED',
};

async function strike({ kind, afterMs = 0 }) {
  await wait(afterMs);
  if (STATES[kind]) Socket.state = STATES[kind];
  if (kind === 'late-navigation') location.assign('/?late');
  // A page whose main thread never returns: nothing can be evaluated in it.
  if (kind === 'freezes') for (;;);
}

let leaving = false;

async function loggedOut() {
  if (leaving) return;
  leaving = true;
  Cmd.trigger('starting_logout_from_bridge');
  Socket.hasSynced = undefined;
  await clearEverything();
  location.assign(settings.logoutAddress);
  Cmd.trigger('logout_from_bridge');
}

let justLinked = false;

async function sync() {
  if (hasFault('never-syncs')) return;
  if (justLinked || !settings.alreadySynced) await wait(settings.syncMs);
  Socket.set({ hasSynced: true, stream: 'CONNECTED' });
}

async function load({ account: mine, groups }) {
  Object.assign(account, mine);
  Conn.pushname = mine.name;
  loadChats(groups);
  await loadNewest(chats);
  showChats(chats, messages);
}

let loaded = false;

/** The server knows the device. After a connection that was lost, all the rest is as it was. */
async function welcome(known) {
  const first = !loaded;
  loaded = true;
  if (first) await load(known);
  const start = settings.faults.find((fault) => fault.at === 'start');
  Socket.state = STATES[start?.kind] ?? 'CONNECTED';
  if (!first || start) return;
  sync();
  resendKept();
  for (const fault of settings.faults) strike(fault);
}

/** Opens the connection with what the profile knows of a link. */
export async function launch() {
  Socket.state = 'OPENING';
  if (hasFault('opening-forever')) return;
  showsQr((payload) => {
    Socket.state = payload === undefined ? 'UNPAIRED_IDLE' : 'UNPAIRED';
    showQr(payload);
  });
  wire.on('linked', () => {
    Socket.state = 'PAIRING';
    justLinked = true;
  });
  wire.on('welcome', welcome);
  wire.on('closed', () => {
    if (Socket.state === 'CONNECTED') Socket.state = 'OPENING';
  });
  wire.on('logout', loggedOut);
  wire.on('fault', strike);
  connect(await readDevice());
}
