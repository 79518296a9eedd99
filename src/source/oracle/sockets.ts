import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/**
 * The driver gives no way to end a connection that hangs in its logon, or in its close, and never unrefs a socket. Node
 * tells of each socket as it is made, and its async context tells whose it is.
 */
const owner = new AsyncLocalStorage<Sockets>();
let isListening = false;

/** Every socket that one connection makes. */
export class Sockets {
  readonly #open = new Set<Socket>();
  #isCut = false;

  /** Runs `connect`; sockets that it makes, now or later, are of this set. */
  keep<T>(connect: () => Promise<T>): Promise<T> {
    listen();
    return owner.run(this, connect);
  }

  add(socket: Socket): void {
    if (this.#isCut) end(socket);
    this.#open.add(socket);
  }

  /** Also those that are still to come, to another address of the same database. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#open) end(socket);
  }
}

/**
 * With an error: the driver believes a connection that merely closed during the logon to be open, and says goodbye to it
 * when it is collected as garbage, which throws where nobody can catch it.
 */
function end(socket: Socket): void {
  socket.on('error', () => {});
  socket.destroy(new Error('given up'));
}

function listen(): void {
  if (isListening) return;
  isListening = true;
  subscribe('net.client.socket', (message) => {
    owner.getStore()?.add((message as { socket: Socket }).socket);
  });
}
