/** Wid and MsgKey: how WhatsApp Web writes down accounts, groups and messages. */
import { account, settings } from './settings.js';

const SERVERS = ['c.us', 'lid', 'g.us', 'broadcast', 'newsletter'];

export class Wid {
  constructor(text) {
    const match = /^([\w-]+)(?::\d+)?@([\w.]+)$/.exec(text);
    if (!match || !SERVERS.includes(match[2])) throw new Error(`wid error: invalid wid ${text}`);
    this.server = match[2];
    this.user = match[1];
    this._serialized = `${match[1]}@${match[2]}`;
  }

  isLid() {
    return this.server === 'lid';
  }

  isGroup() {
    return this.server === 'g.us';
  }

  isUser() {
    return this.server === 'c.us' || this.server === 'lid';
  }

  isBroadcast() {
    return this.server === 'broadcast';
  }

  isNewsletter() {
    return this.server === 'newsletter';
  }

  isStatus() {
    return this._serialized === 'status@broadcast';
  }

  equals(other) {
    return other instanceof Wid && other._serialized === this._serialized;
  }

  toString() {
    return this._serialized;
  }

  toJid() {
    return this._serialized.replace('@c.us', '@s.whatsapp.net');
  }

  toLogString() {
    return this._serialized.replace(/^\w+(?=\w{4})/, '');
  }
}

export function createWid(text) {
  return new Wid(String(text));
}

export function meUser() {
  return account.number ? createWid(`${account.number}@c.us`) : undefined;
}

export function meLid() {
  return account.number ? createWid(account.lid) : undefined;
}

function isMe(wid) {
  return wid.equals(meUser()) || wid.equals(meLid());
}

/** `<fromMe>_<chat>_<id>[_<participant>]`; builds of mid-July 2026 call the text `$1`, older ones `_serialized`. */
export class MsgKey {
  constructor({ from, to, id, participant, fromMe, remote }) {
    if (!meUser()) throw new Error('MsgKey error: me is undefined.');
    const wids = from === undefined ? [remote] : [from, to];
    if (!id || !wids.concat(participant ?? []).every((wid) => wid instanceof Wid)) {
      throw new Error('MsgKey error: something is not a wid');
    }
    this.fromMe = from === undefined ? fromMe : isMe(from);
    this.remote = from === undefined ? remote : this.fromMe ? to : from;
    this.id = id;
    if (participant !== undefined) this.participant = participant;
    this[settings.keyField] = [this.fromMe, this.remote, this.id].concat(participant ?? []).join('_');
  }

  toString() {
    return this[settings.keyField];
  }

  clone() {
    return new MsgKey(this);
  }

  equals(other) {
    return other instanceof MsgKey && other.toString() === this.toString();
  }

  static from(given) {
    if (given instanceof MsgKey) return given;
    return MsgKey.fromString(given);
  }

  static fromString(text) {
    if (typeof text !== 'string') throw new Error('MsgKey fromString error: str is null or not a string');
    const [fromMe, remote, id, participant] = text.split('_');
    return new MsgKey({
      fromMe: fromMe === 'true',
      remote: createWid(remote),
      id,
      participant: participant === undefined ? undefined : createWid(participant),
    });
  }

  /** Replaced by who wants to choose the id of a message. */
  static async newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(9));
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return `3EB0${hex.toUpperCase()}`;
  }
}
