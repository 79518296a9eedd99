import process from 'node:process';
import type { Client, LocalAuth } from 'whatsapp-web.js';
import type { Config } from '../../config/config.ts';
import { messageOf, type RcError } from '../../errors.ts';
import type { Clock, Io } from '../../io.ts';
import type { Log } from '../../terminal/log.ts';
import { keepingAuth } from './auth.ts';
import { type Chromium, findChromium } from './chromium.ts';
import { inTime } from './in-time.ts';
import { launchOptions, userAgentFor } from './launch.ts';
import { launchFailure } from './launch-failure.ts';
import { type LaunchWatch, watchLaunch } from './launch-watch.ts';
import { inPage, type PageAnswer, type PageCalls, type PageState } from './page.ts';
import {
  asksToBeLinked,
  chromiumEnded,
  disconnected,
  isEndOfSession,
  isReload,
  loggedOut,
  noNetwork,
  pageFailure,
  pageReloaded,
  profileDamaged,
  unavailable,
} from './problems.ts';
import { endBrowser } from './processes.ts';
import type { Profile } from './profile.ts';
import { keepScreenshot } from './screenshot.ts';

export interface WebClientOptions {
  readonly whatsapp: Config['whatsapp'];
  readonly profile: Profile;
  readonly env: Io['env'];
  readonly clock: Clock;
  readonly log: Log;
  /** With a window, whatever the configuration says. */
  readonly headful?: boolean;
  /** Digits: link by a code typed on this phone instead of a QR code. */
  readonly phone?: string;
}

/** What a link asks of a person. */
export interface LinkRequests {
  qr(text: string): void;
  code(text: string): void;
  /** The phone has answered; what follows takes no person. */
  answered(): void;
}

const ADDRESS = 'https://web.whatsapp.com';
const NOT_LOADED = 'the page did not load';
const POLL_MS = 20;
/** The library takes a part of it to get ready once it is told of the sync. */
const ANNOUNCE_EVERY_MS = 2_000;
/** A page that reloads may be one that is logged out: the library says which it is soon after. */
const EXPLAINED_WITHIN_MS = 1_000;
const STATE_WITHIN_MS = 2_000;
const REFRESH_EVERY_MS = 5_000;
const CALL_WITHIN_MS = 20_000;
const PROTOCOL_RESERVE_MS = 30_000;
/** A start that is under way can be closed in order only once it is up. */
const UP_WITHIN_MS = 3_000;
const CLOSE_WITHIN_MS = 9_000;
/** puppeteer rejects so whatever was under way in a browser that is closed. */
const CLOSED = /Target closed|Session closed|Connection closed|Attempted to use detached/i;

/** Chromium with WhatsApp Web in it, driven by whatsapp-web.js; started by `start`, ended by `close` whatever happened. */
export class WebClient {
  readonly #options: WebClientOptions;
  #client: Client | null = null;
  #launch: LaunchWatch | null = null;
  #starting: Promise<void> = Promise.resolve();
  #isStarted = false;
  #isReady = false;
  #closing: Promise<boolean> | null = null;
  #requests: LinkRequests | null = null;
  #wasUnclean = false;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #failure: RcError | null = null;
  readonly #lost = new AbortController();
  #announceFailure: (failure: RcError) => void = () => {};
  readonly #failed = new Promise<RcError>((resolve) => {
    this.#announceFailure = resolve;
  });
  #announceBrowser: () => void = () => {};
  readonly #up = new Promise<void>((resolve) => {
    this.#announceBrowser = resolve;
  });

  #announceReady: () => void = () => {};
  readonly #ready = new Promise<void>((resolve) => {
    this.#announceReady = resolve;
  });

  constructor(options: WebClientOptions) {
    this.#options = options;
  }

  /** Why the session can not go on; null while it can. */
  get failure(): RcError | null {
    return this.#failure;
  }

  /** Aborted, with the first failure as its reason, once there is one. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Starts Chromium and the library. What goes wrong from here on is told by `whenReady`; so is a page that asks to be
   * linked where there is nobody for its requests. Throws RcError 78 or 69 without Chromium, 75 and 73 without the profile.
   */
  async start(requests: LinkRequests | null): Promise<void> {
    const { whatsapp, profile, env, clock, log, headful = false, phone } = this.#options;
    const { browser } = whatsapp;
    const finding = findChromium(browser.executablePath, env, { known: profile.chromium() });
    finding.catch(() => {});
    const { Client, LocalAuth } = await loadLibrary();
    const chromium = await finding;
    log.debug('Chromium found', { path: chromium.path, version: chromium.version });
    const uid = process.geteuid?.() ?? -1;
    const profileHome = profile.home;
    const puppeteer = launchOptions({ config: browser, chromium, env, uid, headful, profileHome });
    await profile.prepare(clock);
    this.#wasUnclean = profile.lastCloseWasUnclean();
    profile.markOpened(clock.now(), chromium);
    this.#launch = watchLaunch(profile.directory);
    this.#requests = requests;
    const client = new Client({
      authStrategy: keepingAuth(LocalAuth, profile.home, () => this.#onBrowser()),
      // Ours comes first, and says how far the page had come.
      authTimeoutMs: whatsapp.connectTimeout * 2,
      userAgent: userAgentFor(chromium),
      // The default writes into the working directory, and never becomes ready where it can not.
      webVersionCache: { type: 'none' },
      // The library asks the page to wait until it has connected, which must not end before our patience does.
      puppeteer: { ...puppeteer, protocolTimeout: whatsapp.connectTimeout + PROTOCOL_RESERVE_MS },
      ...(phone === undefined ? {} : { pairWithPhoneNumber: { phoneNumber: phone } }),
    });
    // The library's own, unawaited, would make puppeteer kill what our close is closing.
    client.destroy = async () => {};
    this.#client = client;
    this.#listen(client);
    this.#starting = client.initialize().then(
      () => {
        this.#isStarted = true;
      },
      (thrown: unknown) => this.#failBecause(thrown, chromium),
    );
  }

  #listen(client: Client): void {
    // The library makes promises nobody holds. They are rejected by late navigations, and when the browser is closed even
    // afterwards: without a listener that would end the process, so this one stays.
    process.on('unhandledRejection', (thrown: unknown) => {
      if (!CLOSED.test(messageOf(thrown))) void this.#failBecause(thrown, null);
    });
    client.on('qr', (text: string) => this.#ask((requests) => requests.qr(text)));
    client.on('code', (text: string) => this.#ask((requests) => requests.code(text)));
    client.on('ready', () => {
      this.#isReady = true;
      this.#announceReady();
    });
    client.on('disconnected', (reason: string) => this.#fail(disconnected(reason)));
    client.on('change_state', (state: string) => this.#options.log.debug('WhatsApp Web state', { state }));
  }

  #ask(request: (requests: LinkRequests) => void): void {
    if (this.#requests === null) this.#fail(this.#isAfterLogout() ? loggedOut() : asksToBeLinked());
    else if (this.#closing === null) request(this.#requests);
  }

  #onBrowser(): void {
    this.#client?.pupBrowser?.on('disconnected', () => this.#fail(chromiumEnded()));
    this.#client?.pupPage?.on('error', (thrown) => this.#fail(pageFailure(thrown)));
    this.#announceBrowser();
  }

  async #failBecause(thrown: unknown, chromium: Chromium | null): Promise<void> {
    this.#fail(await this.#explain(thrown, chromium));
  }

  /** What lies behind an error of puppeteer or the library; `chromium` where it came while that was started. */
  async #explain(thrown: unknown, chromium: Chromium | null): Promise<RcError> {
    const { profile, clock } = this.#options;
    if (chromium !== null && !this.#client?.pupBrowser) {
      const output = this.#launch?.output() ?? '';
      return launchFailure(thrown, { chromium, profileDirectory: profile.directory, output });
    }
    if (this.#client?.pupBrowser?.connected === false) return chromiumEnded();
    const what = messageOf(thrown);
    if (/net::ERR_/.test(what)) return noNetwork(/net::\w+/.exec(what)?.[0] ?? what, thrown);
    if (!isReload(thrown)) return pageFailure(thrown);
    await inTime(clock, EXPLAINED_WITHIN_MS, this.#failed);
    if (this.#failure !== null) return this.#failure;
    if (!this.#isAfterLogout()) return pageReloaded(thrown);
    const failure = loggedOut();
    this.#fail(failure);
    return failure;
  }

  #isAfterLogout(): boolean {
    return this.#client?.pupPage?.url().includes('post_logout=1') === true;
  }

  #fail(failure: RcError): void {
    if (this.#failure === failure || this.#closing !== null) return;
    this.#options.log.debug(failure.message, { code: failure.code });
    // A logout says more than whatever broke because of it.
    if (this.#failure === null || failure.code === 'ERR_RC_LOGGED_OUT') this.#failure = failure;
    this.#announceFailure(this.#failure);
    this.#lost.abort(this.#failure);
  }

  /** From now on a page that is loaded anew ends the session: what the library put into it is gone. */
  failOnReload(): void {
    this.#client?.pupPage?.on('framenavigated', () => {
      void this.#failUnlessWhole();
    });
  }

  async #failUnlessWhole(): Promise<void> {
    const state = await this.call('state').catch(() => null);
    if (state?.hasHelpers !== true)
      await this.#failBecause(new Error('Execution context was replaced'), null);
  }

  /** Resolves once linked and synced. Throws RcError where that can not be, and what `late` makes once `signal` is aborted. */
  async whenReady(signal: AbortSignal, late: (stage: string) => RcError): Promise<void> {
    const { clock } = this.#options;
    let stage = this.#stageUnasked();
    let announcedAt = Number.NEGATIVE_INFINITY;
    while (!this.#isReady) {
      if (this.#failure !== null) throw this.#failure;
      if (signal.aborted) throw late(stage);
      const state = await this.#stateWithin(signal);
      if (state !== null) stage = stageOf(state);
      // A question that the end of the wait cut off says nothing of the page.
      else if (!signal.aborted) stage = this.#stageUnasked();
      if (state !== null) this.#heed(state);
      const now = clock.now().getTime();
      const isUnheard = this.#isStarted && state?.hasSynced === true && !state.hasHelpers;
      if (isUnheard && now - announcedAt >= ANNOUNCE_EVERY_MS) {
        announcedAt = now;
        this.call('announceSync').catch((thrown) => this.#options.log.debug(messageOf(thrown)));
      }
      await Promise.race([
        clock.sleep(POLL_MS, signal).catch(() => {}),
        this.#failed,
        this.#ready,
        ...this.#untilStarted(),
      ]);
    }
    if (this.#failure !== null) throw this.#failure;
  }

  #stageUnasked(): string {
    const page = this.#client?.pupPage;
    if (page === null || page === undefined) return 'Chromium did not start';
    return page.url().startsWith(ADDRESS) ? 'the page does not answer' : NOT_LOADED;
  }

  /** The library reports the page's state only once it is ready. */
  #heed({ socket, hasStorage }: PageState): void {
    if (!hasStorage) this.#fail(profileDamaged(this.#options.profile.directory));
    if (isEndOfSession(socket)) this.#fail(disconnected(socket));
    if (socket?.startsWith('UNPAIRED')) this.#ask(() => {});
    // With a pairing code on the screen it would be taken back.
    if (socket === 'UNPAIRED_IDLE' && this.#options.phone === undefined) this.#refreshQr();
    if (socket === 'CONNECTED' || socket === 'PAIRING') this.#requests?.answered();
  }

  /** After its last reference the page shows no further QR code by itself, and the library's own call for one fails. */
  #refreshQr(): void {
    const now = this.#options.clock.now().getTime();
    if (now - this.#refreshedAt < REFRESH_EVERY_MS) return;
    this.#refreshedAt = now;
    this.call('refreshQr').catch(() => {});
  }

  async #stateWithin(signal: AbortSignal): Promise<PageState | null> {
    let state: PageState | null = null;
    const asked = this.call('state').then(
      (answer) => {
        state = answer;
      },
      () => {},
    );
    await inTime(
      this.#options.clock,
      STATE_WITHIN_MS,
      Promise.race([asked, ...this.#untilStarted()]),
      signal,
    );
    return state;
  }

  /** What a wait ends with early: the first load of the page cuts off what it was asked before. */
  #untilStarted(): Promise<void>[] {
    return this.#isStarted ? [] : [this.#starting];
  }

  /** One call of the page. Throws RcError 69 where the page can not answer, or what ended the session. */
  async call<Name extends keyof PageCalls>(
    name: Name,
    argument?: Parameters<PageCalls[Name]>[0],
  ): Promise<ReturnType<PageCalls[Name]>> {
    const answer = await this.#asked<ReturnType<PageCalls[Name]>>(name, argument);
    if ('value' in answer) return answer.value;
    if (answer.error.name === 'NotLoaded') throw await this.#explain(new Error(answer.error.message), null);
    this.#options.log.debug(`In the page: ${answer.error.stack}`);
    throw unavailable(`WhatsApp Web's page could not do "${name}" (${answer.error.message})`);
  }

  async #asked<T>(name: string, argument: unknown): Promise<PageAnswer<T>> {
    if (this.#failure !== null) throw this.#failure;
    const page = this.#client?.pupPage;
    if (page === undefined || page === null) throw unavailable('WhatsApp Web has no page yet');
    const given = new AbortController();
    const late = this.#options.clock.sleep(CALL_WITHIN_MS, given.signal).then(() => {
      throw unavailable(`WhatsApp Web's page did not answer within ${CALL_WITHIN_MS / 1000} s`);
    });
    const failed = this.#failed.then((failure) => {
      throw failure;
    });
    const asked = (page.evaluate(inPage, name, argument ?? null) as Promise<PageAnswer<T>>).catch(
      async (thrown: unknown) => {
        throw this.#failure ?? (await this.#explain(thrown, null));
      },
    );
    try {
      return await Promise.race([asked, late, failed]);
    } finally {
      given.abort();
    }
  }

  /** A picture of WhatsApp's page for whoever looks into a failure; null where there is none. */
  async screenshot(): Promise<string | null> {
    const page = this.#client?.pupPage;
    if (!page?.url().startsWith(ADDRESS) || this.#client?.pupBrowser?.connected !== true) return null;
    const { profile, clock } = this.#options;
    return keepScreenshot(page, profile.screenshots, clock.now());
  }

  /** Chromium's own, as it runs. What is remembered of it follows: some systems upgrade it behind the same launcher. */
  async chromiumVersion(): Promise<string> {
    const { profile, clock } = this.#options;
    const [version] = /\d+(?:\.\d+){3}/.exec((await this.#client?.pupBrowser?.version()) ?? '') ?? [];
    const known = profile.chromium();
    if (version === undefined || known === null) return 'unknown';
    if (version !== known.version) {
      profile.markOpened(clock.now(), { ...known, version, major: Number.parseInt(version, 10) });
    }
    return version;
  }

  /** Closes in order within that time, else by force; nothing of Chromium is left. Returns whether the close was clean. */
  close(withinMs = CLOSE_WITHIN_MS): Promise<boolean> {
    this.#closing ??= this.#close(withinMs);
    return this.#closing;
  }

  async #close(withinMs: number): Promise<boolean> {
    const { profile, clock, log } = this.#options;
    if (this.#launch === null) return false;
    await inTime(clock, UP_WITHIN_MS, Promise.race([this.#up, this.#starting]));
    const browser = this.#client?.pupBrowser ?? null;
    const isUp = browser?.connected === true;
    const isDone = browser !== null && (await inTime(clock, withinMs, browser.close()));
    // One that was killed closes as well, as far as puppeteer sees.
    const isClean = isDone && this.#launch.endedWell();
    // Whoever else has the profile open is not ours to end.
    if (this.#failure?.code !== 'ERR_RC_PROFILE_IN_USE') {
      const pid = this.#launch.pid();
      await endBrowser({ pid, profileDirectory: profile.directory }, clock);
    }
    this.#launch.stop();
    const isUnopened = browser === null && this.#launch.endedByItself() && !this.#wasUnclean;
    if (isClean || isUnopened) profile.markClosed(clock.now());
    else if (isUp && this.#failure === null) log.warn(endedByForce(withinMs));
    return isClean;
  }
}

function endedByForce(withinMs: number): string {
  return `Chromium did not close in order within ${withinMs / 1000} s and was ended by force; nothing sent is lost by that. If it happens each time, look at the load of this host: uptime; free -h`;
}

/** The two parts that are needed: the package's own entry loads a zip library besides, a third of the time and memory. */
async function loadLibrary(): Promise<{ Client: typeof Client; LocalAuth: typeof LocalAuth }> {
  const [client, auth] = await Promise.all([
    // @ts-expect-error: only the package's entry has types.
    import('whatsapp-web.js/src/Client.js'),
    // @ts-expect-error
    import('whatsapp-web.js/src/authStrategies/LocalAuth.js'),
  ]);
  return { Client: client.default, LocalAuth: auth.default };
}

function stageOf({ socket, hasSynced, version, address }: PageState): string {
  if (!address.startsWith(ADDRESS)) return NOT_LOADED;
  if (version === null || socket === null) return 'the page loaded, but WhatsApp Web did not start in it';
  if (socket !== 'CONNECTED') return `WhatsApp Web ${version} did not connect: ${socket}`;
  return hasSynced
    ? `WhatsApp Web ${version} connected and synced, but the library did not get ready`
    : `WhatsApp Web ${version} connected, but the chats did not sync`;
}
