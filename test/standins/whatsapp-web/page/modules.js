/** window.require: the modules of WhatsApp Web that are known here, under their own names. */
import * as chatModule from './chats.js';
import { createWid, MsgKey, meLid, meUser, Wid } from './ids.js';
import * as linking from './linking.js';
import * as messageModule from './messages.js';
import { Collection } from './models.js';
import { Cmd, Socket } from './session.js';
import { hasFault } from './settings.js';
import { post } from './wire.js';

const { chats, groupMetadata } = chatModule;
const { messages } = messageModule;

function findLinks(text) {
  return Array.from(String(text ?? '').matchAll(/https?:\/\/\S+/g), ([href]) => ({ href }));
}

function unknown() {
  return undefined;
}

const MODULES = {
  WABase64: { encodeB64: linking.encodeB64 },
  WALinkify: { findLinks, findLink: (text) => findLinks(text)[0] },
  WAWebAck: { ACK: messageModule.ACK },
  WAWebAddonPollVoteTableMode: { pollVoteTableMode: { bulkUpsert: unknown } },
  WAWebAddonReactionTableMode: { reactionTableMode: { bulkUpsert: unknown } },
  WAWebAdvSignatureApi: {},
  WAWebAltDeviceLinkingApi: linking.altDeviceLinking,
  WAWebBackendJobsCommon: { mediaTypeFromProtobuf: unknown },
  WAWebCallCollection: Object.assign(new Collection(), { calls: new Map() }),
  WAWebChatGetters: {
    getIsGroup: (chat) => chat.id.isGroup(),
    getIsNewsletter: (chat) => chat.id.isNewsletter(),
    getIsBroadcast: (chat) => chat.id.isBroadcast(),
  },
  WAWebCmd: { Cmd },
  WAWebCollections: { Msg: messages, Chat: chats, GroupMetadata: groupMetadata, Contact: new Collection() },
  WAWebCompanionRegClientUtils: { DEVICE_PLATFORM: linking.DEVICE_PLATFORM },
  WAWebConnModel: { Conn: linking.Conn },
  WAWebDBMessageDelete: { removeMessagesFromHistory: messageModule.removeMessagesFromHistory },
  WAWebE2EProtoUtils: { typeAttributeFromProtobuf: unknown },
  WAWebFindChatAction: {
    findOrCreateLatestChat: chatModule.findOrCreateLatestChat,
    findExistingChat: async (wid) => (await chatModule.findOrCreateLatestChat(wid)).chat,
  },
  WAWebGetEphemeralFieldsMsgActionsUtils: { getEphemeralFields: () => ({}) },
  WAWebLaunchSocketUtils: { refreshQR: linking.refreshQR },
  WAWebLidMigrationUtils: { toPn: (wid) => (wid.isLid() ? undefined : wid) },
  WAWebLinkPreviewChatAction: { getLinkPreview: chatModule.getLinkPreview },
  WAWebMiscBrowserUtils: { info: () => ({ os: 'Linux', name: 'Chrome' }) },
  WAWebMsgGetters: { getIsFailed: messageModule.isFailed },
  WAWebMsgKey: MsgKey,
  WAWebNonMessageDataRequestPlaceholderMessageResendUtils: { handlePlaceholderMsgsSeen: unknown },
  WAWebOfflineHandler: { OfflineMessageHandler: { getOfflineDeliveryProgress: () => 100 } },
  WAWebResendMsgAction: { resendMsg: messageModule.resendMsg },
  WAWebSendMsgChatAction: {
    addAndSendMsgToChat: messageModule.addAndSendMsgToChat,
    ...(!hasFault('no-resend') && { resendMsgToChat: messageModule.resendMsgToChat }),
  },
  WAWebSendMsgRecordAction: { sendMsgRecord: messageModule.sendMsgRecord },
  WAWebSignalStoreApi: { waSignalStore: linking.waSignalStore },
  WAWebSocketModel: { Socket },
  WAWebStreamModel: { Stream: { markAvailable: unknown, markUnavailable: unknown } },
  WAWebSyncGatingUtils: { isPlaceholderMessageResendEnabled: () => false },
  WAWebUpdateUnreadChatAction: { sendSeen: async () => undefined },
  WAWebUserPrefsInfoStore: { waNoiseInfo: linking.waNoiseInfo },
  WAWebUserPrefsMeUser: { getMaybeMePnUser: meUser, getMaybeMeLidUser: meLid },
  WAWebUserPrefsMultiDevice: { getADVSecretKey: linking.getADVSecretKey },
  WAWebWid: Wid,
  WAWebWidFactory: {
    createWid,
    createWidFromWidLike: createWid,
    asUserWidOrThrow: (wid) => {
      if (!wid?.isUser()) throw new Error('asUserWidOrThrow: not a user');
      return wid;
    },
  },
};

if (hasFault('fixed-ids')) Object.freeze(MsgKey);
if (hasFault('no-ephemeral-fields')) delete MODULES.WAWebGetEphemeralFieldsMsgActionsUtils;

/** Names that are not known are told to the server, and end as they do in the real page. */
export function requireModule(name) {
  if (Object.hasOwn(MODULES, name)) return MODULES[name];
  post('unknown-module', { name }).catch(() => {});
  throw new Error(`Requiring unknown module "${name}"`);
}
