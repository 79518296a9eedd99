import type { ServerResponse } from 'node:http';
import { groupsOfEveryKind } from './groups.ts';
import { type Page, Pages } from './pages.ts';
import { Phone } from './phone.ts';
import { PostOffice, type Verdict } from './post-office.ts';
import { listen, type Post } from './server.ts';
import type {
  Account,
  Delivery,
  Fault,
  FaultOptions,
  Group,
  Order,
  Sent,
  Strike,
  WhatsAppWebOptions,
  Which,
} from './types.ts';

export { group, groupsOfEveryKind, manyGroups } from './groups.ts';
export type * from './types.ts';

const ACCOUNT: Account = { number: '8801712345678', lid: '198765432109876@lid', name: 'DPDC রিমোট কানেক্ট' };

interface ActiveFault extends Required<FaultOptions> {
  kind: Fault;
}

/** WhatsApp Web's server, and the account's phone. Starts on a free port of 127.0.0.1. */
export async function startWhatsAppWeb(options: WhatsAppWebOptions = {}): Promise<WhatsAppWeb> {
  const web = new WhatsAppWeb(options);
  await web.listen();
  return web;
}

export class WhatsAppWeb {
  readonly account: Account;
  /** As the next page to start sees them. */
  groups: Group[];
  /** As the next page to start is told. */
  readonly settings: Required<Omit<WhatsAppWebOptions, 'account' | 'groups'>>;
  /** Names that were asked of window.require and are not known here. */
  readonly unknownModules = new Set<string>();
  /** How many pages were asked for, answered or not. */
  visits = 0;
  browserArgs: string[] = [];

  readonly #pages = new Pages();
  readonly #post = new PostOffice();
  readonly #phone: Phone;
  #faults: ActiveFault[] = [];
  #close = async (): Promise<void> => {};

  constructor({ account, groups, ...options }: WhatsAppWebOptions) {
    this.account = { ...ACCOUNT, ...account };
    this.groups = groups ?? groupsOfEveryKind();
    this.settings = {
      keyField: '$1',
      alreadySynced: true,
      syncMs: 1_500,
      resendsKept: false,
      reconnectMs: 10_000,
      revokeMs: 300,
      ackMs: 0,
      references: 6,
      logoutAddress: '/?post_logout=1&logout_reason=0',
      version: '2.3000.1041234567',
      ...options,
    };
    this.#phone = new Phone(this.#pages, this.settings, this.account);
  }

  get deliveries(): readonly Delivery[] {
    return this.#post.deliveries;
  }

  /** What came again with the same chat, id and sender, and was dropped. */
  get repeats(): readonly Delivery[] {
    return this.#post.repeats;
  }

  /** Every message that came, whatever became of it. */
  get arrivals(): readonly Sent[] {
    return this.#post.arrivals;
  }

  /** How many pages have started and reached the server. */
  get connections(): number {
    return this.#pages.started;
  }

  /** How many pages are connected now. */
  get connected(): number {
    return this.#pages.all().length;
  }

  get linked(): boolean {
    return this.#phone.linked;
  }

  /** The payload of the QR that a page shows, as soon as one does. */
  async qr(): Promise<string> {
    return this.#phone.find('qr');
  }

  /** The phone scans the QR shown, or one that was read; rejects if that is not shown any more. */
  async scanQr(payload?: string): Promise<void> {
    this.#phone.link('qr', payload ?? (await this.qr()));
  }

  refreshQr(): void {
    for (const page of this.#unlinkedPages()) this.#phone.nextReference(page);
  }

  async pairingCode(): Promise<string> {
    return this.#phone.find('code');
  }

  /** The phone is given a code, with or without the dash; rejects if it is wrong. */
  async enterPairingCode(code?: string): Promise<void> {
    this.#phone.link('code', code?.replace('-', '') ?? (await this.pairingCode()));
  }

  /** Unlinks every device, from the phone. */
  revoke(): void {
    this.#phone.unlink();
  }

  /** Refuses profiles that have been started more than `starts` times since they were linked, not older copies of them. */
  refuseProfilesAfter(starts: number): void {
    this.#phone.refuseProfilesAfter(starts);
  }

  /** Says what becomes of messages. Of several orders for one message the first counts. */
  order(order: Order, which?: Which): void {
    this.#post.order(order, which);
  }

  /** Something goes wrong with the pages that start from now on. */
  fault(
    kind: Fault,
    { at = 'connected', afterMs, times = Number.POSITIVE_INFINITY }: FaultOptions = {},
  ): void {
    const late = kind === 'late-navigation';
    this.#faults.push({ kind, at, afterMs: afterMs ?? (late ? 500 : 0), times: late ? 1 : times });
  }

  /** Something goes wrong with the pages that are connected. */
  strike(kind: Strike): void {
    for (const page of this.#pages.all()) this.#pages.tell(page, 'fault', { kind });
  }

  /** Takes back all orders, faults and refusals. */
  heal(): void {
    this.#faults = [];
    this.#phone.refuseProfilesAfter(Number.POSITIVE_INFINITY);
    this.#post.clearOrders();
  }

  async listen(): Promise<void> {
    const { port, close } = await listen({
      visit: () => this.#visit(),
      events: (query, response) => this.#meet(query, response),
      posts: this.#posts(),
    });
    this.browserArgs = [
      `--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:${port}, MAP * ~NOTFOUND`,
      '--ignore-certificate-errors',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ];
    this.#close = async () => {
      for (const page of this.#pages.all()) this.#pages.close(page);
      await close();
    };
  }

  async close(): Promise<void> {
    await this.#close();
  }

  #visit(): object | undefined {
    this.visits += 1;
    const faults = this.#faults.filter((fault) => fault.times-- > 0);
    if (faults.some(({ kind }) => kind === 'never-loads')) return undefined;
    return { ...this.settings, faults };
  }

  #meet(query: URLSearchParams, response: ServerResponse): void {
    const token = query.get('token') ?? undefined;
    const page = this.#pages.open(query.get('page') ?? '', token, response);
    if (this.#phone.knows(token, Number(query.get('starts')))) {
      this.#pages.tell(page, 'welcome', { account: this.account, groups: this.groups });
    } else this.#phone.meet(page);
  }

  #unlinkedPages(): Page[] {
    return this.#pages.all().filter(({ token }) => token === undefined);
  }

  #posts(): Record<string, Post> {
    const forPage = (handle: (page: Page, body: Record<string, unknown>) => unknown): Post => {
      return (body) => {
        const page = this.#pages.get(String(body.page));
        return page ? handle(page, body) : 410;
      };
    };
    return {
      'qr-shown': forPage((page, body) => this.#phone.shown(page, String(body.payload))),
      'refresh-qr': forPage((page) => {
        page.references = 0;
        this.#phone.nextReference(page);
      }),
      'companion-hello': forPage((page, body) => {
        const code = this.#phone.companionHello(page, String(body.phone));
        return typeof code === 'number' ? code : { code };
      }),
      'query-group': () => {
        if (this.#faults.some(({ kind }) => kind === 'metadata-hangs')) return new Promise(() => {});
        return this.#faults.some(({ kind }) => kind === 'rate-overlimit') ? 429 : {};
      },
      'unknown-module': (body) => void this.unknownModules.add(String(body.name)),
      logout: () => this.revoke(),
      send: forPage((page, { id, group, sender, text }) => {
        return this.#receive(page, {
          id: String(id),
          group: String(group),
          sender: String(sender),
          text: String(text),
        });
      }),
    };
  }

  /** The page's request is answered at once; the ack comes as an event. */
  #receive(page: Page, message: Sent): object {
    const verdict = this.#post.judge(message, this.groups);
    switch (verdict.do) {
      case 'accept':
      case 'delay':
      case 'refuse':
      case 'lose-answer':
        setTimeout(() => this.#settle(page, message, verdict), verdict.ms || this.settings.ackMs).unref();
        return {};
      case 'fail-in-page':
        return { failed: true };
      case 'drop':
        this.#pages.close(page);
        return {};
      case 'revoke':
        this.revoke();
        return {};
      case 'never-ack':
        return {};
      default:
        this.#pages.tell(page, 'fault', { kind: verdict.do });
        return {};
    }
  }

  #settle(page: Page, message: Sent, verdict: Verdict): void {
    const { id, group } = message;
    if (verdict.do !== 'refuse') this.#post.record(message);
    if (verdict.do === 'lose-answer') return;
    const error = verdict.do === 'refuse' ? { error: verdict.code } : {};
    // A page that has reconnected in the meantime gets its ack on the new connection.
    const now = this.#pages.get(page.id);
    if (now) this.#pages.tell(now, 'ack', { id, group, t: Math.floor(Date.now() / 1_000), ...error });
  }
}
