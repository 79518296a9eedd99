export interface Account {
  /** International, digits only. */
  number: string;
  /** `<digits>@lid` */
  lid: string;
  name: string;
}

/** A group as this account sees it; what is left out is false. */
export interface Group {
  /** `creator-unixtime@g.us` or `120363...@g.us` */
  id: string;
  name: string;
  /** The account among them, if it is a member: 1 to 1024. */
  participants: number;
  /** False: the account has left, or was removed. */
  member: boolean;
  admin: boolean;
  /** Only admins may post. */
  announce: boolean;
  suspended: boolean;
  terminated: boolean;
  /** The parent of a community, which nobody posts to. */
  community: boolean;
  /** Members are known by their lid, not by their number. */
  lid: boolean;
  archived: boolean;
  /** Its chat can not be serialized: asking for its title or its model throws. */
  broken: boolean;
}

/** A message as the server gets it. `sender` is `<number>@c.us` or `<digits>@lid`. */
export interface Sent {
  id: string;
  group: string;
  sender: string;
  text: string;
}

export interface Delivery extends Sent {
  at: Date;
}

/**
 * What becomes of a message:
 * - `accept`: recorded and acked.
 * - `refuse`: the server answers with an error (`code`, 400 if none is given): ack -1 and isSendFailure.
 * - `fail-in-page`: it does not leave the page: isSendFailure, the ack stays 0.
 * - `never-ack`: swallowed. Nothing is recorded, the promise stays open, the ack stays 0.
 * - `lose-answer`: recorded, but the page never learns.
 * - `delay`: recorded and acked `ms` later.
 * - `drop`: the connection is lost instead. The page sends again when it has a new one (`reconnectMs`).
 * - `revoke`: swallowed, and the device is unlinked.
 * - or a strike by its name (`conflict`, `freezes` ...): swallowed, and the page is struck.
 */
export type Outcome =
  | 'accept'
  | 'refuse'
  | 'fail-in-page'
  | 'never-ack'
  | 'lose-answer'
  | 'delay'
  | 'drop'
  | 'revoke'
  | Strike;

export type Order = Outcome | { do: Outcome; ms?: number; code?: number };

/** The n-th message to arrive from now on (from 1), those to a group, or those for which it says so. Absent: all. */
export type Which = number | string | ((message: Sent) => boolean);

/** What can befall a page that is connected. */
export type Strike = StateFault | 'freezes' | 'late-navigation';

/** The state the page's socket goes to. */
type StateFault =
  | 'conflict'
  | 'tos-block'
  | 'smb-tos-block'
  | 'proxyblock'
  | 'deprecated-version'
  | 'unpaired';

/**
 * - `never-loads`: TCP and TLS accept, HTTP never answers.
 * - `no-debug-version`: a page in which WhatsApp Web never starts.
 * - `opening-forever`: it starts, and never connects.
 * - `never-syncs`: it connects, and never has synced.
 * - `late-navigation`: `afterMs` (500) after it connected, the page goes somewhere else; once.
 * - `freezes`: `afterMs` after it connected, nothing can be evaluated in the page any more.
 * - `link-preview-hangs`: the preview of a link never comes.
 * - `rate-overlimit`: queries about groups are refused with 429.
 * - `fixed-ids`: the ids of messages can not be chosen.
 * - `no-ephemeral-fields`: a module is gone that the library needs once it has a message's id.
 * - `metadata-hangs`: a query about a group's members is never answered.
 * - `no-resend`: the module that sends has lost `resendMsgToChat`.
 * - the states: `afterMs` after it connected; with `at: 'start'`, instead of ever being connected.
 */
export type Fault =
  | 'never-loads'
  | 'no-debug-version'
  | 'opening-forever'
  | 'never-syncs'
  | 'link-preview-hangs'
  | 'rate-overlimit'
  | 'fixed-ids'
  | 'no-resend'
  | 'no-ephemeral-fields'
  | 'metadata-hangs'
  | Strike;

export interface FaultOptions {
  at?: 'start' | 'connected';
  afterMs?: number;
  /** How many starts of a page it strikes; without it, all, until `heal()`. */
  times?: number;
}

export interface WhatsAppWebOptions {
  /** What a message key calls its text: `$1` since mid-July 2026 (the default), `_serialized` before. */
  keyField?: '$1' | '_serialized';
  account?: Partial<Account>;
  groups?: Group[];
  /** True (the default, and the usual case): a linked page has synced before anybody can listen for it. */
  alreadySynced?: boolean;
  /** Where it has not: how long after it connected. */
  syncMs?: number;
  /** True: a page that starts sends by itself what it kept at ack 0, under the same id. Not known of the real one. */
  resendsKept?: boolean;
  /** How long a page stays without a connection it lost. */
  reconnectMs?: number;
  /** How long a page that starts with a link that is revoked seems to be well. */
  revokeMs?: number;
  /** How long a message takes to the server's ack. */
  ackMs?: number;
  /** How many QR codes a page shows, one a minute, before it stops. */
  references?: number;
  /** Where a page goes that was logged out. */
  logoutAddress?: string;
  version?: string;
}
