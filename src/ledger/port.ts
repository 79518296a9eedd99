import type { LateStatus, Outcome, SendStatus } from '../domain.ts';

/** A row of `whatsapp_notifications`, by its column names. Times are UTC, ISO 8601 with milliseconds. */
export interface NotificationRow {
  readonly id: number;
  readonly meter_number: string;
  readonly nocs_name: string | null;
  readonly customer_id: string | null;
  readonly command_id: string | null;
  readonly duration_status: LateStatus;
  readonly duration_minutes: number;
  readonly triggered_at: string | null;
  readonly balance: string | null;
  readonly group_id: string | null;
  readonly channel: string;
  readonly send_status: SendStatus;
  readonly reason: string;
  readonly error: string | null;
  readonly attempts: number;
  readonly next_attempt_at: string | null;
  readonly message_id: string | null;
  readonly message: string | null;
  readonly ack: number | null;
  readonly dedupe_key: string;
  readonly scan_id: number | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly sent_at: string | null;
  readonly cleared_at: string | null;
  readonly outcome: Outcome | null;
  readonly released_at: string | null;
}

/** What an open row is read, told apart and cleared by: there may be many of them. */
export type OpenNotification = Pick<
  NotificationRow,
  | 'id'
  | 'meter_number'
  | 'command_id'
  | 'duration_status'
  | 'duration_minutes'
  | 'triggered_at'
  | 'send_status'
  | 'next_attempt_at'
  | 'updated_at'
  | 'cleared_at'
  | 'outcome'
>;

/** Open rows in the order of their ids. There may be very many: a row is made when it is asked for. */
export interface OpenTable {
  readonly length: number;
  column<Name extends keyof OpenNotification>(name: Name): readonly OpenNotification[Name][];
  at(place: number): OpenNotification | undefined;
}

/** A row of `messages`: one message handed, or about to be handed, to a channel. */
export interface MessageRow {
  readonly id: string;
  readonly channel: string;
  readonly group_id: string;
  readonly account: string | null;
  readonly text: string | null;
  readonly send_status: SendStatus;
  /** 1 where the channel uses our id and the message can be looked up and sent again under it. */
  readonly id_imposed: 0 | 1;
  readonly attempts: number;
  readonly ack: number | null;
  readonly error: string | null;
  readonly first_attempt_at: string;
  readonly last_attempt_at: string;
  readonly settled_at: string | null;
  readonly scan_id: number | null;
}

/** Keys and triage of one family never see rows of the other: a rehearsal never makes WhatsApp silent. */
export type KeyFamily = 'terminal' | 'messenger';

/** What a notification says of its command today. */
export type NotificationFacts = Pick<
  NotificationRow,
  | 'meter_number'
  | 'nocs_name'
  | 'customer_id'
  | 'command_id'
  | 'duration_status'
  | 'duration_minutes'
  | 'triggered_at'
  | 'balance'
  | 'group_id'
  | 'reason'
  | 'outcome'
>;

export interface Claim extends NotificationFacts {
  readonly dedupe_key: string;
  readonly channel: string;
  /** `sent` only for a baseline: recorded as told without sending. */
  readonly send_status: 'pending' | 'sent';
  /** Rows whose keys are freed in the same transaction. */
  readonly releases: readonly number[];
}

/** Everything triage changes, applied in one transaction before anything is sent. */
export interface LedgerChanges {
  readonly claims: readonly Claim[];
  /** Waiting rows that take today's values, and the key of the command they are about now. */
  readonly refreshed: readonly {
    readonly id: number;
    readonly facts: NotificationFacts;
    readonly dedupe_key: string;
  }[];
  /** Waiting rows that are not to be told any more: cancelled and released. */
  readonly cancelled: readonly { readonly id: number; readonly reason: string }[];
  /** Waiting rows a baseline records as told. */
  readonly baselined: readonly number[];
  /** Rows cleared by an earlier scan whose command is in progress after all. */
  readonly reopened: readonly number[];
  /** Late commands that are left untold without a row of their own. */
  readonly untold: readonly Untold[];
}

export interface Untold {
  readonly meter_number: string;
  readonly command: string;
  readonly reason: string;
  readonly nocs_name: string | null;
  readonly triggered_at: string | null;
}

export interface Handover {
  readonly id: string;
  readonly channel: string;
  readonly groupId: string;
  readonly account: string | null;
  readonly text: string;
  readonly idImposed: boolean;
  readonly rows: readonly {
    readonly id: number;
    readonly facts: NotificationFacts;
    /** Why it goes elsewhere than to its office's own group; null = it does not. */
    readonly note: string | null;
  }[];
}

export interface Settlement {
  readonly status: 'sent' | 'failed' | 'unknown';
  readonly ack: number | null;
  readonly error: string | null;
  /** Kept as `sent_at` of a sent message: when its answer came, or when it was last handed over. */
  readonly at: string;
  /** A failed message that the channel did not take at all: the attempt does not count. */
  readonly isUntaken?: boolean;
  /** For a failed message: when its rows may be tried again, by their attempts so far; null = never. */
  nextAttempt(attempts: number): string | null;
}

export interface UnsettledMessage {
  readonly message: MessageRow;
  readonly rows: readonly NotificationRow[];
}

export interface Cleared {
  readonly id: number;
  readonly outcome: Outcome | null;
}

export interface Mute {
  readonly kind: 'meter' | 'nocs';
  readonly name: string;
}

export interface Outstanding {
  readonly pending: number;
  readonly muted: number;
  readonly noGroup: number;
  /** Notifications of unknown fate whose command is still open. */
  readonly unknown: number;
  /** Refused, and to be tried again. */
  readonly retrying: number;
  /** Refused until their attempts were used up, though their command is still open. */
  readonly givenUp: number;
}

export interface ScanStart {
  readonly startedAt: string;
  readonly source: string;
  readonly channel: string;
  readonly machineId: string | null;
}

export interface ScanEnd {
  readonly finishedAt: string;
  readonly exitCode: number;
  /** JSON object. */
  readonly counts: string;
  readonly account: string | null;
  readonly channelVersion: string | null;
}

/** The ledger as one scan uses it. Every method is one transaction; `at` is UTC, ISO 8601. Throws RcError 73. */
export interface ScanLedger {
  lastScanEnd(): string | null;
  machine(): string | null;
  rememberMachine(machineId: string): void;
  startScan(start: ScanStart): number;
  finishScan(id: number, end: ScanEnd): void;
  link(channel: string): { readonly account: string | null; readonly lastConnectedAt: string } | null;
  recordConnection(channel: string, account: string | null, at: string): void;
  /** Offices the source has rows of, as it spells them; '' = rows without one. Kept to the day. */
  recordNocsSeen(names: Iterable<string>, at: string): void;
  /** Whether a group could be posted to when it was last looked at; `closedWhy` null = it could. */
  recordGroupCheck(channel: string, groupId: string, closedWhy: string | null, at: string): void;

  /** Not released and not cleared. */
  openNotifications(family: KeyFamily): OpenTable;
  /** Not released, cleared or not. */
  notificationsOfMeter(meterNumber: string, family: KeyFamily): NotificationRow[];
  releasedNotifications(meterNumber: string, family: KeyFamily): NotificationRow[];
  notification(id: number): NotificationRow | null;
  /** Ids of open rows that are still to be told, or whose fate is not known yet. */
  waiting(family: KeyFamily): number[];
  mutes(at: string): Mute[];
  /** Returns the rows that were claimed, by key; a key somebody else holds is left out. */
  applyChanges(changes: LedgerChanges, scanId: number, at: string): Map<string, NotificationRow>;
  /** Marks waiting rows with why they still wait. */
  postpone(ids: readonly number[], reason: string, at: string, error?: string | null): void;
  clear(cleared: readonly Cleared[], at: string): { readonly cleared: number; readonly cancelled: number };
  vanished(): Set<number>;
  setVanished(ids: Iterable<number>): void;

  /** Messages handed over since then, tests included. */
  handoversSince(channel: string, since: string): { readonly groupId: string; readonly at: string }[];
  /** Commits `sending` with id, text, group and account before anything leaves. */
  beginSend(handover: Handover, scanId: number | null, at: string): void;
  /** The same id and text once more; no attempt of its own for the notifications. */
  beginResend(messageId: string, at: string): void;
  /** All rows of the message in one transaction; returns how many. */
  settle(messageId: string, settlement: Settlement, at: string): number;
  unsettledMessages(channel: string): UnsettledMessage[];

  /** `noGroup` counts the rows of offices in the pilot: the others are left alone. */
  outstanding(family: KeyFamily, inPilot: (nocsName: string | null) => boolean): Outstanding;
  /** Blanks customer, balance and text of rows sent, or else settled, before that. Returns how many rows. */
  blankBefore(before: string): number;
  close(): void;
}
