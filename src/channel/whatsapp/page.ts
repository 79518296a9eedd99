/**
 * Everything that runs inside WhatsApp Web's page. Its modules carry no promise of staying as they are, so nothing outside
 * this file names one. Each call is short: what takes long (a send) is begun by one call and watched by others.
 */

export interface PageState {
  /** `Socket.state`: CONNECTED, OPENING, PAIRING, UNPAIRED, TIMEOUT, CONFLICT, ...; null before the page has one. */
  readonly socket: string | null;
  readonly hasSynced: boolean;
  /** The library's own helpers are in the page. */
  readonly hasHelpers: boolean;
  readonly version: string | null;
  readonly address: string;
  /** Whether the browser lets the page use its storage, which is in the profile; not asked of one that is connected. */
  readonly hasStorage: boolean;
}

export interface Account {
  /** The number, or the hidden id of an account that shows none. */
  readonly number: string;
  readonly name: string | null;
}

export interface Group {
  readonly id: string;
  readonly name: string | null;
  readonly participants: number | null;
  readonly canPost: boolean;
  readonly archived: boolean;
  /** Why this account can not post, or why nothing is known of the group; null = it can. */
  readonly reason: string | null;
}

export interface SendOrder {
  readonly id: string;
  readonly groupId: string;
  readonly text: string;
}

export type SendBegun =
  /** Watch it with `fate`. */
  | { readonly begun: true }
  /** Nothing has left the page: the group is not there, the page is not what it was, or it has been loaded anew. */
  | { readonly begun: false; readonly why: string; readonly fault: 'group' | 'page' | 'reload' };

/** What the page knows of one message. */
export interface Fate {
  /** Whether the page holds it, in memory or in its database. */
  readonly found: boolean;
  /** As WhatsApp counts: below 0 refused, 0 not answered, 1 the server has it. */
  readonly ack: number;
  /** The page gave up on it; with `ack` 0 that says nothing of whether it arrived. */
  readonly gaveUp: boolean;
  /** What the call that began it threw, once it did. */
  readonly error: string | null;
  /** That call had not come as far as handing it to WhatsApp's own code: nothing has left the page. */
  readonly isHeld: boolean;
}

/** The calls the page answers, by name. */
export interface PageCalls {
  state(): PageState;
  account(): Account;
  groups(): readonly Group[];
  group(id: string): Group;
  send(order: SendOrder): SendBegun;
  /** Answers once there is more to tell than that the message is under way, or after `withinMs`. */
  fate(order: Pick<SendOrder, 'id' | 'groupId'> & { readonly withinMs?: number }): Fate;
  /** Tells the library that the page has synced: it hears of changes only (whatsapp-web.js #201821). */
  announceSync(): null;
  /** Asks for a new QR code. */
  refreshQr(): null;
  /** Unlinks this device, as the phone's own menu does. */
  logout(): null;
}

/** An error named `NotLoaded` comes from a page that has just been loaded anew. */
export type PageAnswer<T> =
  | { readonly value: T }
  | { readonly error: { readonly name: string; readonly message: string; readonly stack: string } };

// biome-ignore-start lint/suspicious/noExplicitAny: the page's modules have no types.

/**
 * Runs one call. Self-contained, since it is sent to the page as text. Errors are caught here: outside the page they
 * arrive without their message.
 */
export async function inPage(name: string, argument: unknown): Promise<PageAnswer<unknown>> {
  const page = globalThis as any;
  const module = (moduleName: string): any => page.require(moduleName);
  const collections = () => module('WAWebCollections');
  const LOOK_EVERY_MS = 20;
  const METADATA_WITHIN_MS = 5_000;
  /** They say nothing of use in a page that has been loaded anew, before the library is in it again. */
  const OF_A_READY_PAGE = ['group', 'groups'];

  const calls: Record<string, (argument: any) => unknown> = {
    state: async () => {
      const socket = page.require === undefined ? undefined : module('WAWebSocketModel')?.Socket;
      return {
        socket: socket?.state ?? null,
        hasSynced: socket?.hasSynced === true,
        hasHelpers: page.WWebJS !== undefined,
        version: page.Debug?.VERSION ?? null,
        address: page.location.href,
        hasStorage: socket?.state === 'CONNECTED' || (await hasStorage()),
      };
    },

    account: () => {
      const { getMaybeMePnUser, getMaybeMeLidUser } = module('WAWebUserPrefsMeUser');
      const me = getMaybeMePnUser() ?? getMaybeMeLidUser();
      return { number: me.user, name: module('WAWebConnModel').Conn.pushname ?? null };
    },

    announceSync: async () => {
      await page.onAppStateHasSyncedEvent();
      return null;
    },

    refreshQr: () => {
      module('WAWebCmd').Cmd.refreshQR();
      return null;
    },

    logout: async () => {
      await module('WAWebSocketModel').Socket.logout();
      return null;
    },

    groups: () =>
      collections()
        .Chat.getModelsArray()
        .flatMap((chat: any) => {
          const id = chat.id?._serialized ?? String(chat.id);
          return id.endsWith('@g.us') ? [describe(id, chat)] : [];
        }),

    group: async (id: string) => {
      const chat = findChat(id);
      if (chat === null) return unknownGroup(id);
      await loadMetadata(chat);
      return describe(id, chat);
    },

    send: async ({ id, groupId, text }) => {
      if (page.WWebJS === undefined) return { begun: false, fault: 'reload', why: 'it was loaded anew' };
      try {
        const chat = findChat(groupId);
        if (chat === null) {
          return { begun: false, fault: 'group', why: `this account is not in the group ${groupId}` };
        }
        const kept = await localCopy(groupId, id);
        if (kept !== null && ackOf(kept) >= 1) return { begun: true };
        const watched = { error: null as string | null, isHeld: kept === null };
        watchedSends()[id] = watched;
        const sending =
          kept === null ? sendNew(chat, id, text, watched) : sendAgain(chat, kept, id, text, watched);
        sending.catch((thrown: unknown) => {
          watched.error = textOf(thrown);
        });
        return { begun: true };
      } catch (thrown) {
        return { begun: false, fault: 'page', why: textOf(thrown) };
      }
    },

    fate: async ({ id, groupId, withinMs = 0 }) => {
      const until = Date.now() + withinMs;
      let fate = await fateOf(groupId, id, true);
      while (fate.ack === 0 && !fate.gaveUp && fate.error === null && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
        fate = await fateOf(groupId, id, !fate.found);
      }
      return fate;
    },
  };

  /** Asks without making anything. Chromium 156 says so of a directory it can not open. */
  async function hasStorage(): Promise<boolean> {
    const soon = new Promise((resolve) => setTimeout(resolve, 500));
    try {
      await Promise.race([page.indexedDB.databases(), soon]);
      return true;
    } catch (thrown) {
      return (thrown as any)?.name !== 'UnknownError';
    }
  }

  function textOf(thrown: unknown): string {
    return String((thrown as any)?.message ?? thrown);
  }

  async function fateOf(groupId: string, id: string, alsoStored: boolean): Promise<Fate> {
    const kept = await localCopy(groupId, id, alsoStored);
    const { error, isHeld } = watchedSends()[id] ?? { error: null, isHeld: false };
    if (kept === null) return { found: false, ack: 0, gaveUp: false, error, isHeld };
    return { found: true, ack: ackOf(kept), gaveUp: kept.isSendFailure === true, error, isHeld };
  }

  /** The sends this page has begun, by message id. */
  function watchedSends(): Record<string, { error: string | null; isHeld: boolean }> {
    page.rcNotifySends ??= {};
    return page.rcNotifySends;
  }

  function widOf(id: string): any {
    return module('WAWebWidFactory').createWid(id);
  }

  /** Only what the account already has: looking further would create a chat. */
  function findChat(id: string): any | null {
    return collections().Chat.get(widOf(id)) ?? collections().Chat.get(id) ?? null;
  }

  function unknownGroup(id: string): Group {
    const reason = 'this account is not in such a group';
    return { id, name: null, participants: null, canPost: false, archived: false, reason };
  }

  function describe(id: string, chat: any): Group {
    try {
      const reason = whyNotPost(chat.groupMetadata);
      return {
        id,
        name: chat.formattedTitle ?? chat.name ?? null,
        participants: participantsOf(chat.groupMetadata)?.length ?? null,
        canPost: reason === null,
        archived: chat.archive === true,
        reason,
      };
    } catch (thrown) {
      const reason = `it can not be read (${textOf(thrown)})`;
      return { id, name: null, participants: null, canPost: false, archived: false, reason };
    }
  }

  function participantsOf(metadata: any): readonly unknown[] | undefined {
    const { participants } = metadata ?? {};
    return participants?.getModelsArray?.() ?? participants;
  }

  function whyNotPost(metadata: any): string | null {
    if (metadata === undefined || metadata === null) return 'nothing is known of it yet';
    if (metadata.terminated) return 'the group was ended';
    if (metadata.suspended) return 'WhatsApp suspended the group';
    if (metadata.isParentGroup) return 'it is a community, not a group to post in';
    if (!participantsOf(metadata)?.length) return 'nothing is known of its members yet';
    if (!metadata.participants.iAmMember()) return 'this account is not a member any more';
    if (metadata.announce && !metadata.participants.iAmAdmin()) return 'only admins may post';
    return null;
  }

  /** One query to the server, and only where the page knows nothing yet: WhatsApp answers many at once with 429. */
  async function loadMetadata(chat: any): Promise<void> {
    if ((participantsOf(chat.groupMetadata)?.length ?? 0) > 0) return;
    const known = collections();
    const metadata = known.GroupMetadata ?? known.WAWebGroupMetadataCollection;
    const soon = new Promise((resolve) => setTimeout(resolve, METADATA_WITHIN_MS));
    try {
      await Promise.race([metadata.update(chat.id), soon]);
    } catch {
      // What is not known is told as such.
    }
  }

  function ackOf(message: any): number {
    return typeof message.ack === 'number' ? message.ack : 0;
  }

  /** The message's whole keys: a group addresses its members by number or by hidden id, and may have changed over. */
  function keysOf(groupId: string, id: string): any[] {
    const { getMaybeMePnUser, getMaybeMeLidUser } = module('WAWebUserPrefsMeUser');
    const MsgKey = module('WAWebMsgKey');
    return [getMaybeMePnUser(), getMaybeMeLidUser()]
      .filter((me) => me !== undefined && me !== null)
      .map((from) => {
        const participant = module('WAWebWidFactory').asUserWidOrThrow(from);
        return new MsgKey({ from, to: widOf(groupId), id, participant, selfDir: 'out' });
      });
  }

  /** From memory, else from the page's own database; never asks the server. Of two keys the one with an ack counts. */
  async function localCopy(groupId: string, id: string, alsoStored = true): Promise<any | null> {
    const texts = keysOf(groupId, id).map((key) => key.toString());
    const { Msg } = collections();
    const inMemory = texts.map((text) => Msg.get(text)).filter(Boolean);
    const missing = texts.filter((text) => !Msg.get(text));
    const isAnswered = inMemory.some((message) => ackOf(message) !== 0);
    const isEnough = !alsoStored || isAnswered || missing.length === 0;
    const stored = isEnough ? null : await Msg.getMessagesById(missing);
    const copies = [...inMemory, ...(stored?.messages ?? [])].filter(Boolean);
    return copies.sort((a, b) => ackOf(b) - ackOf(a))[0] ?? null;
  }

  /**
   * The library asks for an id before it first lets anything else run, so the id is ours for this one call, and the
   * page's own messages keep getting theirs.
   */
  function sendNew(chat: any, id: string, text: string, watched: { isHeld: boolean }): Promise<unknown> {
    const MsgKey = module('WAWebMsgKey');
    const { newId } = MsgKey;
    const restore = () => {
      MsgKey.newId = newId;
    };
    const isHandingWatched = watchHanding(chat, watched);
    const imposed = () => {
      restore();
      if (!isHandingWatched) watched.isHeld = false;
      return Promise.resolve(id);
    };
    MsgKey.newId = imposed;
    if (module('WAWebMsgKey').newId !== imposed)
      throw new Error('its message ids can not be chosen any more');
    const sending: Promise<unknown> = page.WWebJS.sendMessage(chat, text, { parseVCards: false });
    sending.then(restore, restore);
    return sending;
  }

  /** Notes when the library hands a message to this chat over to WhatsApp's own code; false where that can not be seen. */
  function watchHanding(chat: any, watched: { isHeld: boolean }): boolean {
    const action = module('WAWebSendMsgChatAction');
    const { addAndSendMsgToChat } = action;
    if (typeof addAndSendMsgToChat !== 'function') throw new Error('it has no addAndSendMsgToChat any more');
    const watching = (to: any, ...rest: any[]) => {
      if (to === chat) {
        watched.isHeld = false;
        action.addAndSendMsgToChat = addAndSendMsgToChat;
      }
      return addAndSendMsgToChat.call(action, to, ...rest);
    };
    action.addAndSendMsgToChat = watching;
    return module('WAWebSendMsgChatAction').addAndSendMsgToChat === watching;
  }

  /** The copy the page kept is handed to WhatsApp's own resend, which keeps its id. What became of it before is undone. */
  async function sendAgain(
    chat: any,
    kept: any,
    id: string,
    text: string,
    watched: { isHeld: boolean },
  ): Promise<unknown> {
    kept.ack = 0;
    kept.isSendFailure = false;
    const { resendMsgToChat } = module('WAWebSendMsgChatAction');
    if (typeof resendMsgToChat === 'function') return resendMsgToChat(chat, Promise.resolve(kept));
    await module('WAWebDBMessageDelete').removeMessagesFromHistory([kept.id.toString()]);
    collections().Msg.remove(kept);
    return sendNew(chat, id, text, watched);
  }

  try {
    const call = calls[name];
    if (call === undefined) throw new Error(`no such call: ${name}`);
    const isAnew = page.WWebJS === undefined && OF_A_READY_PAGE.includes(name);
    if (isAnew || (name !== 'state' && page.require === undefined)) {
      throw Object.assign(new Error('Execution context was replaced'), { name: 'NotLoaded' });
    }
    return { value: await call(argument) };
  } catch (thrown) {
    const error = thrown as any;
    return {
      error: {
        name: String(error?.name ?? 'Error'),
        message: textOf(thrown),
        stack: String(error?.stack ?? ''),
      },
    };
  }
}
// biome-ignore-end lint/suspicious/noExplicitAny: the page's modules have no types.
