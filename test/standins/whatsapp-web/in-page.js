/** What the tests do inside the page, with WhatsApp Web's own modules. */

/** Sends as the library does, under a chosen id; tells how the two promises ended within `patienceMs`. */
export async function sendChosen(chatId, body, chosen, patienceMs) {
  const { createWid, asUserWidOrThrow } = window.require('WAWebWidFactory');
  const { getMaybeMePnUser, getMaybeMeLidUser } = window.require('WAWebUserPrefsMeUser');
  const chat = window.require('WAWebCollections').Chat.get(createWid(chatId));
  const from = chat.groupMetadata.isLidAddressingMode ? getMaybeMeLidUser() : getMaybeMePnUser();
  const participant = asUserWidOrThrow(from);
  const id = new (window.require('WAWebMsgKey'))({
    from,
    to: chat.id,
    id: chosen,
    participant,
    selfDir: 'out',
  });
  const t = Math.floor(Date.now() / 1_000);
  const data = {
    id,
    ack: 0,
    body,
    from,
    to: chat.id,
    local: true,
    self: 'out',
    t,
    isNewMsg: true,
    type: 'chat',
  };
  const told = {};
  const tell = (name, promise) =>
    promise.then(
      (result) => {
        told[name] = result.messageSendResult ?? 'yes';
      },
      (error) => {
        told[name] = error.name;
      },
    );
  const [stored, sent] = window.require('WAWebSendMsgChatAction').addAndSendMsgToChat(chat, data);
  const both = Promise.all([tell('stored', stored), tell('sent', sent)]);
  await Promise.race([both, new Promise((resolve) => setTimeout(resolve, patienceMs))]);
  return told;
}

/** What the page knows of a message, asked of memory and then of the database. */
export async function findMessage(key) {
  const { Msg } = window.require('WAWebCollections');
  const inMemory = Msg.get(key) !== undefined;
  const message = Msg.get(key) ?? (await Msg.getMessagesById([key])).messages[0];
  return message && { ack: message.ack, isSendFailure: message.isSendFailure === true, inMemory };
}

/** What a click on a message that has failed does. */
export async function clickRetry(key) {
  const { messages } = await window.require('WAWebCollections').Msg.getMessagesById([key]);
  await window.require('WAWebResendMsgAction').resendMsg(messages[0]);
}

/** Sends what the page has kept, failed or not. */
export async function sendKept(key) {
  const { messages } = await window.require('WAWebCollections').Msg.getMessagesById([key]);
  const { messageSendResult } = await window.require('WAWebSendMsgRecordAction').sendMsgRecord(messages[0]);
  return messageSendResult;
}

export async function removeKept(key) {
  await window.require('WAWebDBMessageDelete').removeMessagesFromHistory([key]);
  window.require('WAWebCollections').Msg.remove(key);
}

/** Id, name, number of participants, and the names of all that is true of each group. */
export function listGroups() {
  const chats = window.require('WAWebCollections').Chat.getModelsArray();
  return chats.flatMap(({ id, name, archive, groupMetadata }) => {
    if (!groupMetadata) return [];
    const { participants, announce, suspended, terminated, isParentGroup, isLidAddressingMode } =
      groupMetadata;
    const facts = {
      member: participants.iAmMember(),
      admin: participants.iAmAdmin(),
      announce,
      suspended,
      terminated,
      isParentGroup,
      isLidAddressingMode,
      archive,
    };
    const yes = Object.keys(facts).filter((fact) => facts[fact]);
    return [[id.toString(), name, participants.length, yes.join(' ')]];
  });
}

export function socketState() {
  return window.require?.('WAWebSocketModel').Socket.state;
}

export function hasSynced() {
  return window.require('WAWebSocketModel').Socket.hasSynced === true;
}

export function textOf(selector) {
  return document.querySelector(selector).textContent;
}

export async function findStrange(id) {
  const wid = window.require('WAWebWidFactory').createWid(id);
  await window.require('WAWebFindChatAction').findOrCreateLatestChat(wid);
}
