import type { Channel, Connection } from '../port.ts';
import { sendMessage } from './send.ts';
import { openSession, type Session, showPicture } from './session.ts';
import type { WebClientOptions } from './web-client.ts';

const COPY_EVERY_MS = 24 * 60 * 60 * 1000;
/** A scan waits 20 s for the whole close; what is not copied by then is copied after another scan. */
const COPIED_WITHIN_MS = 10_000;

/** WhatsApp, by whatsapp-web.js in the system's Chromium. */
export function openWhatsAppChannel(options: WebClientOptions): Channel {
  return {
    name: 'whatsapp',
    honoursIds: true,
    keepAliveMs: options.whatsapp.keepAlive,
    connect: async (signal) => connectionOf(await openSession(options, signal), options),
  };
}

function connectionOf(
  { client, account, version, chromiumVersion }: Session,
  options: WebClientOptions,
): Connection {
  const { log } = options;
  let isSick = false;
  const sick = (thrown: unknown): never => {
    isSick = true;
    throw thrown;
  };
  log.info(
    `Connected to WhatsApp as ${account.number} (WhatsApp Web ${version}, Chromium ${chromiumVersion}).`,
  );
  return {
    account: account.number,
    version,
    lost: client.lost,
    checkGroup: async (groupId) => {
      const { canPost, reason } = await client.call('group', groupId).catch(sick);
      return canPost ? { canPost } : { canPost: false, why: reason ?? 'it does not say why' };
    },
    send: async (message, signal) => {
      const result = await sendMessage(client, message, signal);
      isSick ||= result.status === 'unknown' || result.stop !== undefined;
      return result;
    },
    lookup: async ({ id, groupId }) => {
      const { found, ack } = await client.call('fate', { id, groupId }).catch(sick);
      return found ? { found, ack } : { found: false };
    },
    close: async () => {
      const wasWell = client.failure === null;
      if (isSick) await showPicture(client, log);
      const isClean = await client.close();
      if (!isClean || !wasWell) return;
      await keepCopy(options);
    },
  };
}

async function keepCopy({ clock, log, profile }: WebClientOptions): Promise<void> {
  const late = new AbortController();
  const done = new AbortController();
  clock.sleep(COPIED_WITHIN_MS, done.signal).then(
    () => late.abort(new Error(`it took more than ${COPIED_WITHIN_MS / 1000} s; a later scan tries again`)),
    () => {},
  );
  const when = { atLeastEveryMs: COPY_EVERY_MS, signal: late.signal };
  const { warning } = await profile.keepCopy(clock.now(), when);
  done.abort();
  if (warning !== null) log.warn(warning);
}
