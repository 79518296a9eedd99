/** Chats and what is known of the groups among them. */

import { createWid, MsgKey, meLid, meUser } from './ids.js';
import { Message, messages } from './messages.js';
import { Collection, Model } from './models.js';
import { account, hasFault } from './settings.js';
import { post } from './wire.js';

class Participants extends Collection {
  iAmMember() {
    return this.#me() !== undefined;
  }

  iAmAdmin() {
    return this.#me()?.isAdmin === true;
  }

  #me() {
    return this.get(meUser()) ?? this.get(meLid());
  }
}

class GroupMetadata extends Model {
  isSuspendedOrTerminated() {
    return this.suspended || this.terminated;
  }

  serialize() {
    return {
      ...super.serialize(),
      participants: this.participants.map((participant) => participant.serialize()),
    };
  }
}

class GroupMetadataCollection extends Collection {
  /** One query to the server for each group; the server gives up answering when they are too many. */
  async update(id) {
    await post('query-group', { group: String(id) }).catch((cause) => {
      throw Object.assign(new Error('r', { cause }), { name: 'r', status: cause.status });
    });
    return this.get(id);
  }

  async find(id) {
    return this.get(id) ?? this.update(id);
  }
}

class Chat extends Model {
  msgs = new Collection(Message);
  mute = { expiration: 0 };

  serialize() {
    if (this.broken) throw new TypeError("Cannot read properties of undefined (reading 'serialize')");
    return { ...super.serialize(), msgs: this.msgs.map((message) => message.serialize()) };
  }

  isTrusted() {
    return true;
  }
}

export const groupMetadata = new GroupMetadataCollection(GroupMetadata);
export const chats = new Collection(Chat);

function participantsOf(group) {
  const participants = new Participants();
  const others = group.participants - (group.member ? 1 : 0);
  const domain = group.lid ? 'lid' : 'c.us';
  for (let n = 0; n < others; n++)
    participants.add({ id: createWid(`8801900${100000 + n}@${domain}`), isAdmin: n === 0 });
  if (group.member) participants.add({ id: group.lid ? meLid() : meUser(), isAdmin: group.admin });
  return participants;
}

function metadataOf(group, id) {
  const { name, announce, suspended, terminated, community, lid } = group;
  const metadata = new GroupMetadata({
    id,
    subject: name,
    announce,
    suspended,
    terminated,
    isParentGroup: community,
    isLidAddressingMode: lid,
    size: group.participants,
  });
  metadata.participants = participantsOf(group);
  return metadata;
}

function greet(chat, from) {
  const key = new MsgKey({ fromMe: false, remote: chat.id, id: '3A0123456789ABCDEF01', participant: from });
  const message = new Message({
    id: key,
    ack: 0,
    body: `Welcome to ${chat.name}`,
    t: 1,
    type: 'chat',
    from: chat.id,
    to: meUser(),
  });
  chat.msgs.add(messages.add(message));
  chat.lastReceivedKey = key;
}

function addGroup(group) {
  const id = createWid(group.id);
  const metadata = metadataOf(group, id);
  groupMetadata.add(metadata);
  const chat = new Chat({
    id,
    name: group.name,
    archive: group.archived,
    unreadCount: 0,
    isReadOnly: false,
    t: 1,
  });
  chat.groupMetadata = metadata;
  chat.broken = group.broken;
  Object.defineProperty(chat, 'formattedTitle', {
    get() {
      if (group.broken) throw new TypeError("Cannot read properties of undefined (reading 'formattedTitle')");
      return group.name;
    },
  });
  greet(chat, metadata.participants.getModelsArray()[0]?.id);
  chats.add(chat);
}

export function loadChats(groups) {
  chats.add(
    new Chat({
      id: meUser(),
      name: account.name,
      formattedTitle: account.name,
      archive: false,
      unreadCount: 0,
    }),
  );
  const person = createWid('8801711999888@c.us');
  const chat = new Chat({
    id: person,
    name: 'Karim',
    formattedTitle: 'Karim',
    archive: false,
    unreadCount: 0,
  });
  greet(chat, undefined);
  chats.add(chat);
  for (const group of groups) if (!chats.get(group.id)) addGroup(group);
}

/** WAWebFindChatAction: a group this account has never seen is not found. */
export async function findOrCreateLatestChat(wid) {
  const chat = chats.get(wid);
  if (chat) return { chat, created: false };
  if (wid.isGroup()) throw new Error(`findChat: new chat not found ${wid.toLogString()}`);
  const [created] = chats.add(
    new Chat({ id: wid, name: wid.user, formattedTitle: wid.user, archive: false }),
  );
  return { chat: created, created: true };
}

export async function getLinkPreview() {
  return hasFault('link-preview-hangs') ? new Promise(() => {}) : null;
}
