import { randomBytes, randomUUID } from 'node:crypto';
import type { Page, Pages } from './pages.ts';
import type { Account, WhatsAppWebOptions } from './types.ts';

const FIRST_REFERENCE_MS = 60_000;
const NEXT_REFERENCE_MS = 20_000;
const CODE_LETTERS = '123456789ABCDEFGHJKLMNPQRSTVWXYZ';
/** As many codes may be asked for until one is used. */
const CODES = 5;

type Settings = Required<Pick<WhatsAppWebOptions, 'references' | 'revokeMs'>>;

/** The account's phone: it links devices and unlinks them. */
export class Phone {
  readonly #pages: Pages;
  readonly #settings: Settings;
  readonly #account: Account;
  readonly #linked = new Set<string>();
  #newestStart = Number.POSITIVE_INFINITY;
  #waiting: (() => void)[] = [];
  #codes = 0;

  constructor(pages: Pages, settings: Settings, account: Account) {
    this.#pages = pages;
    this.#settings = settings;
    this.#account = account;
  }

  get linked(): boolean {
    return this.#linked.size > 0;
  }

  knows(token: string | undefined, starts: number): boolean {
    return token !== undefined && this.#linked.has(token) && starts <= this.#newestStart;
  }

  /** Profiles that have been started more often than this are refused; older copies of them are not. */
  refuseProfilesAfter(starts: number): void {
    this.#newestStart = starts;
  }

  /** A device that is not linked is shown references; one that is not linked any more is logged out. */
  meet(page: Page): void {
    if (page.token === undefined) this.nextReference(page);
    else page.timer = setTimeout(() => this.#pages.tell(page, 'logout'), this.#settings.revokeMs);
  }

  nextReference(page: Page): void {
    clearTimeout(page.timer);
    page.qr = undefined;
    if (page.references === this.#settings.references) {
      this.#pages.tell(page, 'idle');
      return;
    }
    page.references += 1;
    this.#pages.tell(page, 'ref', { ref: `2@${randomBytes(24).toString('base64')}` });
    const ms = page.references === 1 ? FIRST_REFERENCE_MS : NEXT_REFERENCE_MS;
    page.timer = setTimeout(() => this.nextReference(page), ms);
  }

  shown(page: Page, payload: string): void {
    page.qr = payload;
    this.#wake();
  }

  /** A code of eight characters for the page to show, or the status of the refusal. */
  companionHello(page: Page, phone: string): string | number {
    if (phone !== this.#account.number) return 400;
    this.#codes += 1;
    if (this.#codes > CODES) return 429;
    page.code = Array.from(randomBytes(8), (byte) => CODE_LETTERS[byte % CODE_LETTERS.length]).join('');
    this.#wake();
    return page.code;
  }

  async find(wanted: 'qr' | 'code'): Promise<string> {
    for (;;) {
      const page = this.#pages.all().findLast((candidate) => candidate[wanted] !== undefined);
      if (page?.[wanted] !== undefined) return page[wanted];
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Throws if no page shows it (any more). */
  link(by: 'qr' | 'code', value: string): void {
    const page = this.#pages.all().find((candidate) => candidate[by] === value);
    if (!page) throw new Error(by === 'qr' ? 'this QR code is not valid any more' : 'this code is wrong');
    clearTimeout(page.timer);
    page.qr = undefined;
    page.code = undefined;
    this.#codes = 0;
    const token = randomUUID();
    this.#linked.add(token);
    this.#pages.tell(page, 'linked', { token });
  }

  unlink(): void {
    this.#linked.clear();
    for (const page of this.#pages.all()) if (page.token !== undefined) this.#pages.tell(page, 'logout');
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
