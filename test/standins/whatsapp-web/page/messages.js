/** Messages: in memory (Msg), in the database, and on their way to the server. */

import { createWid, MsgKey } from './ids.js';
import { Collection, Model } from './models.js';
import { account, settings } from './settings.js';
import { allMessages, createMessages, readMessages, removeMessages, updateMessage } from './storage.js';
import { sendAndWaitForAck } from './wire.js';

export const ACK = { FAILED: -1, CLOCK: 0, SENT: 1, RECEIVED: 2, READ: 3 };
const OK = 'OK';
const ERROR_UNKNOWN = 'ERROR_UNKNOWN';

class MessageSentAckError extends Error {
  constructor(ackErrorCode) {
    super(`ack error ${ackErrorCode}`);
    this.ackErrorCode = ackErrorCode;
  }
}

export class Message extends Model {
  isEphemeral = false;
  isStatusV3 = false;

  async waitForPrep() {}

  /** An ack only grows. That a message had failed before is not taken back. */
  updateAck(ack) {
    if (ack <= this.ack) return;
    this.set({ ack });
    updateMessage(this.id.toString(), { ack });
  }

  async enqueueAckUpdate(update) {
    await update();
  }

  /** Out of memory; the row in the database stays. */
  delete() {
    messages.remove(this);
  }
}

class Messages extends Collection {
  /** From the database, and thereby into memory. */
  async getMessagesById(ids) {
    const rows = await readMessages(ids);
    return { messages: this.add(rows.map(fromRow)), eof: true, canceled: false };
  }

  hasUnsentMessages() {
    return this.some((message) => message.ack === ACK.CLOCK && message.local && message.id.fromMe);
  }
}

export const messages = new Messages(Message);

function toRow({ id, ack, body, t, type, from, to }) {
  return { id: id.toString(), ack, body, t, type, from: String(from), to: String(to) };
}

function fromRow(row) {
  const key = MsgKey.fromString(row.id);
  return new Message({ ...row, id: key, from: createWid(row.from), to: createWid(row.to), isNewMsg: false });
}

export function isFailed(message) {
  return (message.id.fromMe && message.ack < ACK.CLOCK) || message.isSendFailure === true;
}

async function markFailed(message, error) {
  const refused = error instanceof MessageSentAckError;
  const values = { isSendFailure: true, ...(refused && { ack: ACK.FAILED }) };
  await updateMessage(message.id.toString(), values);
  message.set(values);
}

/** WAWebSendMsgRecordAction: sends what is stored, under the id it has. Never rejects. */
export async function sendMsgRecord(message) {
  message.isNewMsg = true;
  const { id, remote, participant } = message.id;
  const sender = String(participant ?? createWid(`${account.number}@c.us`));
  try {
    const { error, t } = await sendAndWaitForAck({ id, group: String(remote), sender, text: message.body });
    if (error !== undefined) throw new MessageSentAckError(error);
    message.updateAck(ACK.SENT);
    return { messageSendResult: OK, t };
  } catch (error) {
    await markFailed(message, error);
    return { messageSendResult: ERROR_UNKNOWN, ackErrorCode: error.ackErrorCode };
  }
}

/** WAWebResendMsgAction: what a click on a failed message does. Nothing happens to one that has not failed. */
export async function resendMsg(message) {
  if (!isFailed(message)) return undefined;
  const values = { ack: ACK.CLOCK, isSendFailure: false };
  await updateMessage(message.id.toString(), values);
  message.set(values);
  return (await sendMsgRecord(message)).messageSendResult;
}

async function addMessage(chat, data) {
  const [message] = messages.add(new Message(data));
  await createMessages([toRow(data)]);
  chat.msgs.add(message);
  return message;
}

/** WAWebSendMsgChatAction: `[stored, sent]`. Both reject if the database has a message of that id. */
export function addAndSendMsgToChat(chat, data) {
  const stored = addMessage(chat, data);
  return [stored, resendMsgToChat(chat, stored)];
}

export async function resendMsgToChat(chat, stored) {
  const message = await stored;
  const result = await sendMsgRecord(message);
  if (result.messageSendResult === OK) chat.lastReceivedKey = message.id;
  return result;
}

/** WAWebDBMessageDelete: out of the database; what is in memory stays. */
export async function removeMessagesFromHistory(ids) {
  await removeMessages(ids);
}

/** At a start the newest message of each chat is loaded; all others wait in the database until they are asked for. */
export async function loadNewest(chats) {
  const newest = new Map();
  for (const row of await allMessages()) {
    const chat = MsgKey.fromString(row.id).remote.toString();
    if (row.t >= (newest.get(chat)?.t ?? 0)) newest.set(chat, row);
  }
  for (const [id, row] of newest) {
    const [message] = messages.add(fromRow(row));
    chats.get(id)?.msgs.add(message);
  }
}

/** Whether the real page does this is not known: see `resendsKept`. */
export async function resendKept() {
  if (!settings.resendsKept) return;
  const kept = (await allMessages()).filter((row) => row.ack === ACK.CLOCK && row.id.startsWith('true_'));
  const { messages: models } = await messages.getMessagesById(kept.map((row) => row.id));
  for (const message of models) sendMsgRecord(message);
}
