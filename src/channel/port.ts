import type { RcError } from '../errors.ts';

export interface OutgoingMessage {
  /** The bare id chosen by the ledger's side: `3EB0` and upper-case hex. */
  readonly id: string;
  readonly groupId: string;
  /** At most 4096 UTF-16 units. */
  readonly text: string;
}

/** `stop` says that the channel itself is sick: no further message is handed to it in this scan. */
export type SendResult = { readonly stop?: RcError } & (
  | { readonly status: 'sent'; readonly ack: number | null }
  | { readonly status: 'failed'; readonly ack: number | null; readonly error: string }
  | { readonly status: 'unknown'; readonly ack: number | null; readonly error: string }
);

/** What the other side knows of a message id: `ack` >= 1 means the server has it; 0 or -1 proves nothing. */
export type LookupResult = { readonly found: false } | { readonly found: true; readonly ack: number };

export type GroupCheck = { readonly canPost: true } | { readonly canPost: false; readonly why: string };

/** An open connection, made by `Channel.connect`. */
export interface Connection {
  /** The number the channel is linked to; null where a channel has no accounts. */
  readonly account: string | null;
  /** The other side's version, for the scan's record; null where it has none. */
  readonly version: string | null;
  /** Aborted, with an RcError as its reason, once nothing more can be handed over. */
  readonly lost: AbortSignal;
  /** Whether this account may post to the group. Asked once per group and scan. */
  checkGroup(groupId: string, signal: AbortSignal): Promise<GroupCheck>;
  /** Hands over one message and waits for the server's ack. Throws only on bugs; `signal` ends the wait with `unknown`. */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendResult>;
  /** Only called where `honoursIds`. */
  lookup(message: OutgoingMessage, signal: AbortSignal): Promise<LookupResult>;
  close(): Promise<void>;
}

/** Where messages go. Cheap to make: nothing is started before `connect`. */
export interface Channel {
  readonly name: 'whatsapp' | 'terminal';
  /** True where a message sent again with the same id arrives once, and ids can be looked up after a crash. */
  readonly honoursIds: boolean;
  /** Connect at least this often even with nothing to send, milliseconds; null = no link to keep alive. */
  readonly keepAliveMs: number | null;
  /** Throws RcError: 77 not linked, refused, restricted; 69 not reachable or not in time. */
  connect(signal: AbortSignal): Promise<Connection>;
}
