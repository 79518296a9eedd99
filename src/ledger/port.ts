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
