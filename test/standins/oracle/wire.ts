import type { Socket } from 'node:net';
import { MessageReader } from './buffers.ts';
import {
  acceptPacket,
  type ConnectRequest,
  negotiationFailed,
  readConnect,
  refusePacket,
  unknownService,
} from './connect.ts';
import * as c from './constants.ts';
import type { Faults } from './faults.ts';
import { dataPackets, markerPacket, PacketSplitter } from './packet.ts';
import type { Release } from './release.ts';
import { errorReply, INTERRUPTED } from './replies.ts';
import type { Fault, OracleError } from './types.ts';

const REFUSED_BY_HANDLER = 12520;

export interface Listener {
  release: Release;
  serviceName: string;
  sdu: number;
  faults: Faults;
}

/** Oracle Net of one connection: connecting, packets, markers; whole messages are handed on. */
export class Wire {
  readonly #server: Listener;
  readonly #socket: Socket;
  readonly #onMessage: (message: MessageReader) => void;
  readonly #splitter = new PacketSplitter();
  #pendingConnect: ConnectRequest | undefined;
  #negotiationError: OracleError | undefined;
  #sdu = 0;
  #request: Buffer[] = [];
  #afterReset: Buffer | undefined;
  #delayed: NodeJS.Timeout | undefined;
  #silent = false;

  constructor(server: Listener, socket: Socket, onMessage: (message: MessageReader) => void) {
    this.#server = server;
    this.#socket = socket;
    this.#onMessage = onMessage;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#onBytes(chunk));
    socket.on('close', () => clearTimeout(this.#delayed));
  }

  /** Gives the answer, unless a fault has something else in mind. */
  answer(fault: Fault | undefined, give: () => void, cursorId = 0): void {
    switch (fault?.do) {
      case 'hang':
        this.#silent = true;
        break;
      case 'cut':
        this.#silent = true;
        this.#socket.destroySoon();
        break;
      case 'slow':
        this.#delayed = setTimeout(() => this.#guarded(give), fault.delayMs ?? 0);
        break;
      case 'error':
      case 'refuse':
        this.fail(fault.error ?? INTERRUPTED, cursorId);
        break;
      case 'busy':
        break;
      default:
        give();
    }
  }

  /** Errors come behind a break: the client asks for a reset and is told then. */
  fail(error: OracleError, cursorId = 0): void {
    this.#afterReset = errorReply(this.#server.release, error, cursorId);
    this.#socket.write(markerPacket(c.NIQBMARK));
  }

  send(message: Buffer): void {
    if (this.#server.release.is23ai) {
      const ended = Buffer.concat([message, Buffer.from([c.TNS_MSG_TYPE_END_OF_REQUEST])]);
      this.#socket.write(dataPackets(ended, this.#sdu, c.TNS_DATA_FLAGS_END_OF_RESPONSE));
    } else {
      this.#socket.write(dataPackets(message, this.#sdu, 0));
    }
  }

  /** A message without its end. */
  sendBeginning(message: Buffer): void {
    this.#socket.write(dataPackets(message, this.#sdu, 0));
  }

  #onBytes(chunk: Buffer): void {
    try {
      for (const packet of this.#splitter.push(chunk)) {
        if (this.#silent || this.#socket.destroyed) return;
        this.#onPacket(packet);
      }
    } catch {
      this.#socket.destroy(); // not Oracle Net
    }
  }

  #onPacket(packet: Buffer): void {
    const type = packet[c.NSPHDTYP];
    if (type === c.NSPTCN) this.#onConnect(readConnect(packet));
    else if (type === c.NSPTMK) this.#onMarker(packet[c.NSPMKDAT]);
    else if (type !== c.NSPTDA) this.#socket.destroy();
    else if (this.#pendingConnect) {
      const data = this.#pendingConnect.data + packet.toString('ascii', c.NSPDADAT);
      this.#onConnect({ ...this.#pendingConnect, data });
    } else this.#onData(packet);
  }

  /** Long connect data follows in data packets of its own. */
  #onConnect(request: ConnectRequest): void {
    this.#pendingConnect = request.data.length < request.length ? request : undefined;
    if (this.#pendingConnect) return;
    const fault = this.#server.faults.strike('connect');
    const code =
      fault?.do === 'refuse'
        ? (fault.error?.code ?? REFUSED_BY_HANDLER)
        : unknownService(request.data, this.#server.serviceName);
    if (code !== undefined) {
      this.#socket.end(refusePacket(code));
      return;
    }
    this.#sdu = Math.max(c.NSPMNSDULN, Math.min(request.sdu, this.#server.sdu));
    this.#splitter.wide = true;
    this.#negotiationError = fault?.do === 'error' ? (fault.error ?? INTERRUPTED) : undefined;
    const negotiates = this.#negotiationError !== undefined;
    const accept = acceptPacket(this.#server.release, this.#sdu, request.tdu, negotiates);
    this.answer(negotiates ? undefined : fault, () => this.#socket.write(accept));
  }

  /** A break ends the call with ORA-01013 once the client has asked for the reset. */
  #onMarker(data: number | undefined): void {
    if (data === c.NIQRMARK) {
      this.#socket.write(markerPacket(c.NIQRMARK));
      if (this.#afterReset) this.send(this.#afterReset);
      this.#afterReset = undefined;
      return;
    }
    clearTimeout(this.#delayed);
    this.fail(INTERRUPTED);
  }

  #onData(packet: Buffer): void {
    if (this.#negotiationError) {
      this.#socket.write(dataPackets(negotiationFailed(this.#negotiationError.code), this.#sdu, 0));
      return;
    }
    const flags = packet.readUInt16BE(c.NSPDAFLG);
    if (flags & c.NSPDAFEOF) {
      this.#socket.end();
      return;
    }
    this.#request.push(packet.subarray(c.NSPDADAT));
    if (!(flags & c.TNS_DATA_FLAGS_END_OF_REQUEST)) return;
    const request = new MessageReader(Buffer.concat(this.#request));
    this.#request = [];
    this.#guarded(() => this.#onMessage(request));
  }

  /** What the stand-in does not know, or a test's answer that can not be encoded, is told to the client. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail({ code: 600, message: `the stand-in can not do this: ${String(error)}` });
    }
  }
}
