import { RcError } from '../../errors.ts';
import type { Account } from './page.ts';
import { isUnlinked, notInTime, notLinked } from './problems.ts';
import type { ProfileCopy } from './profile-copies.ts';
import { startsWithoutProfile } from './start-without-profile.ts';
import { WebClient, type WebClientOptions } from './web-client.ts';

export interface Session {
  readonly client: WebClient;
  readonly account: Account;
  /** WhatsApp Web's. */
  readonly version: string;
  readonly chromiumVersion: string;
}

/**
 * Opens the saved session, within `whatsapp.connectTimeout`. Never shows a QR code and never asks WhatsApp for anything.
 * Throws RcError: 77 not linked, logged out, restricted; 69 not reachable or not in time; 78 no usable Chromium; 73 the
 * profile can not be used; 75 somebody else uses it.
 */
export async function openSession(options: WebClientOptions, signal: AbortSignal): Promise<Session> {
  const { profile, clock, whatsapp, log } = options;
  if (!profile.exists()) throw notLinked();
  const wasUnclean = profile.lastCloseWasUnclean();
  const given = new AbortController();
  const limit = AbortSignal.any([signal, given.signal]);
  const done = new AbortController();
  clock.sleep(whatsapp.connectTimeout, done.signal).then(
    () => given.abort(),
    () => {},
  );
  try {
    return await openOnce(options, limit, signal);
  } catch (thrown) {
    if (!(thrown instanceof RcError) || limit.aborted) throw thrown;
    if (thrown.code === 'ERR_RC_PAGE_RELOADED') {
      log.warn('WhatsApp Web loaded its page anew while it started; trying once more.');
      return await openOnce(options, limit, signal);
    }
    const copy = profile.copies().find(({ refused }) => !refused);
    if (copy === undefined || !wasUnclean || profile.restoredFrom() !== null) throw thrown;
    if (!(await isForTheProfile(thrown, options))) throw thrown;
    return await openCopy(copy, options, () => openOnce(options, limit, signal));
  } finally {
    done.abort();
  }
}

/** Whether it is the profile that can not be opened, and not the browser that does not run. */
async function isForTheProfile({ code }: RcError, options: WebClientOptions): Promise<boolean> {
  if (code === 'ERR_RC_PROFILE_DAMAGED') return true;
  return code === 'ERR_RC_CHROMIUM_START' && (await startsWithoutProfile(options));
}

async function openCopy(
  copy: ProfileCopy,
  options: WebClientOptions,
  open: () => Promise<Session>,
): Promise<Session> {
  const { profile, clock, log } = options;
  await profile.restore(copy, clock.now());
  log.warn(
    `The WhatsApp profile can not be opened since it was not closed in order; the copy of ${copy.takenAt.toISOString()} took its place, and the old one is kept beside it (${profile.home}).`,
  );
  try {
    return await open();
  } catch (thrown) {
    if (isUnlinked(thrown)) profile.markRefused(copy);
    throw thrown;
  }
}

async function openOnce(options: WebClientOptions, limit: AbortSignal, stop: AbortSignal): Promise<Session> {
  const { clock } = options;
  const startedAt = clock.now().getTime();
  const client = new WebClient(options);
  try {
    await client.start(null);
    await client.whenReady(limit, (stage) => notInTime(clock.now().getTime() - startedAt, stage));
    client.failOnReload();
    const [account, state, chromiumVersion] = await Promise.all([
      client.call('account'),
      client.call('state'),
      client.chromiumVersion(),
    ]);
    return { client, account, version: state.version ?? 'unknown', chromiumVersion };
  } catch (thrown) {
    await giveUp(client, options, stop);
    throw thrown;
  }
}

/** Closes a client that got nowhere, with a picture of its page; whoever was told to stop wants none. */
export async function giveUp(client: WebClient, { log }: WebClientOptions, stop: AbortSignal): Promise<void> {
  if (!stop.aborted) await showPicture(client, log);
  await client.close();
}

/** Keeps a picture of the page, where there is one, and says where. */
export async function showPicture(client: WebClient, log: WebClientOptions['log']): Promise<void> {
  const picture = await client.screenshot();
  if (picture !== null) log.info(`How the page looked: ${picture}`);
}
