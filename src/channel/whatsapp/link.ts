import { messageOf, RcError } from '../../errors.ts';
import type { Account, Group } from './page.ts';
import { isUnlinked, notInTime, notLinkedInTime, pairingRefused } from './problems.ts';
import { giveUp } from './session.ts';
import { type LinkRequests, WebClient, type WebClientOptions } from './web-client.ts';

export interface LinkOptions extends WebClientOptions {
  /** Milliseconds a person has from the first QR or pairing code on. */
  readonly patience: number;
  /** The device was linked just now; it stays connected for `whatsapp.linkSettle`. */
  readonly onLinked: () => void;
}

export interface Linked {
  readonly account: Account;
  readonly groups: readonly Group[];
  /** False where it was linked already. */
  readonly isNew: boolean;
}

/** A browser that is ended by force loses what it was given last: right after linking that is the link. */
const CLOSE_LINKED_WITHIN_MS = 60_000;
const NOT_CLOSED = 'The link may not have been saved. To see whether it was: rc-notify groups';

/**
 * Links this device to the account of the phone that answers `requests`, or finds that it is linked; then closes in order
 * and keeps a copy of the profile. Throws RcError: 77 nobody linked in time, refused; 69 not reachable; 78 no Chromium.
 */
export async function link(
  options: LinkOptions,
  requests: Omit<LinkRequests, 'answered'>,
  signal: AbortSignal,
): Promise<Linked> {
  try {
    return await linkOnce(options, requests, signal);
  } catch (thrown) {
    if (!isOfEarlierLink(thrown) || signal.aborted) throw thrown;
    options.log.info('The earlier link of this profile has ended; linking anew.');
    return await linkOnce(options, requests, signal);
  }
}

/** The first try in a profile that was unlinked says nothing yet: the page tidies up, and only the next start links. */
function isOfEarlierLink(thrown: unknown): boolean {
  return isUnlinked(thrown) || (thrown instanceof RcError && thrown.code === 'ERR_RC_PAGE_RELOADED');
}

async function linkOnce(
  options: LinkOptions,
  requests: Omit<LinkRequests, 'answered'>,
  signal: AbortSignal,
): Promise<Linked> {
  const { clock, whatsapp, profile, log, patience, phone } = options;
  const client = new WebClient(options);
  const limit = new Limit(options, signal);
  let isNew = false;
  let isAnswered = false;
  const asked = (request: () => void) => {
    if (!isNew) limit.restart(patience);
    isNew = true;
    request();
  };
  try {
    await client.start({
      qr: (text) => asked(() => requests.qr(text)),
      code: (text) => asked(() => requests.code(text)),
      answered: () => {
        if (isNew && !isAnswered) limit.restart(whatsapp.connectTimeout);
        isAnswered = true;
      },
    });
    limit.restart(whatsapp.connectTimeout);
    await client.whenReady(limit.signal, (stage) =>
      isNew && !isAnswered ? notLinkedInTime(patience) : notInTime(whatsapp.connectTimeout, stage),
    );
    if (isNew) {
      options.onLinked();
      await clock.sleep(whatsapp.linkSettle, signal).catch(() => {});
    }
    if (client.failure !== null) throw client.failure;
    const account = await client.call('account');
    const groups = await client.call('groups');
    if (isNew) profile.markLinked();
    const isClean = await client.close(isNew ? CLOSE_LINKED_WITHIN_MS : undefined);
    if (!isClean) log.warn(NOT_CLOSED);
    else if (isNew || profile.copies().length === 0) {
      const { warning } = await profile.keepCopy(clock.now(), { atLeastEveryMs: 0 });
      if (warning !== null) log.warn(warning);
    }
    return { account, groups, isNew };
  } catch (thrown) {
    if (isOfEarlierLink(thrown)) await client.close();
    else await giveUp(client, options, signal);
    const refusal = phone === undefined || isNew ? null : pairingRefusal(thrown);
    if (refusal !== null) throw refusal;
    throw thrown;
  } finally {
    limit.end();
  }
}

/** The server's own answer to a request for a pairing code, which the library leaves to an unhandled rejection. */
function pairingRefusal(thrown: unknown): RcError | null {
  const [answer] = /\b(?:4\d\d|rate-overlimit)\b/.exec(messageOf((thrown as RcError).cause)) ?? [];
  return answer === undefined ? null : pairingRefused(answer);
}

/** A time limit that starts anew with each stage, and ends with the command's own signal. */
class Limit {
  readonly #given = new AbortController();
  readonly #clock: LinkOptions['clock'];
  #stage = new AbortController();
  readonly signal: AbortSignal;

  constructor({ clock }: LinkOptions, signal: AbortSignal) {
    this.#clock = clock;
    this.signal = AbortSignal.any([signal, this.#given.signal]);
  }

  restart(ms: number): void {
    this.#stage.abort();
    this.#stage = new AbortController();
    this.#clock.sleep(ms, this.#stage.signal).then(
      () => this.#given.abort(),
      () => {},
    );
  }

  end(): void {
    this.#stage.abort();
  }
}
