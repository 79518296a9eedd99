import type { ServerResponse } from 'node:http';

/** A page that is open in a browser, and its connection. */
export interface Page {
  id: string;
  events: ServerResponse;
  /** Of the device it is linked as. */
  token: string | undefined;
  qr: string | undefined;
  code: string | undefined;
  references: number;
  timer: NodeJS.Timeout | undefined;
}

/** The pages that are connected. */
export class Pages {
  readonly #pages = new Map<string, Page>();
  readonly #seen = new Set<string>();

  /** How many pages have ever connected. */
  get started(): number {
    return this.#seen.size;
  }

  open(id: string, token: string | undefined, events: ServerResponse): Page {
    const page: Page = { id, token, events, qr: undefined, code: undefined, references: 0, timer: undefined };
    this.close(this.#pages.get(id));
    this.#seen.add(id);
    this.#pages.set(id, page);
    events
      .writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      .flushHeaders();
    events.once('close', () => this.close(page));
    return page;
  }

  get(id: string): Page | undefined {
    return this.#pages.get(id);
  }

  all(): Page[] {
    return [...this.#pages.values()];
  }

  tell(page: Page, event: string, data: unknown = {}): void {
    page.events.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  close(page: Page | undefined): void {
    if (!page) return;
    clearTimeout(page.timer);
    page.events.destroy();
    if (this.#pages.get(page.id) === page) this.#pages.delete(page.id);
  }
}
