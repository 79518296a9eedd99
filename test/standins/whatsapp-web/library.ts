import type { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import type { WhatsAppWeb } from './index.ts';

const require = createRequire(import.meta.url);
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

export interface Page {
  evaluate<Given extends unknown[], Result>(
    run: string | ((...given: Given) => Result),
    ...given: Given
  ): Promise<Awaited<Result>>;
  goto(address: string): Promise<unknown>;
  url(): string;
  close(): Promise<void>;
}

export interface Browser {
  newPage(): Promise<Page>;
  wsEndpoint(): string;
  process(): { kill(signal: string): void; stdio: (EventEmitter | null | undefined)[] } | null;
  disconnect(): Promise<void>;
}

/** What the tests use of the library, whose own types do not fit the project's compiler options. */
export interface Client extends EventEmitter {
  info: { wid: { user: string }; pushname: string };
  pupPage: Page;
  pupBrowser: Browser;
  initialize(): Promise<void>;
  inject(): Promise<void>;
  sendMessage(
    chat: string,
    text: string,
    options?: object,
  ): Promise<{ id: { id: string }; ack: number } | undefined>;
  requestPairingCode(phone: string): Promise<string>;
  getChats(): Promise<{ name: string; isReadOnly: boolean }[]>;
  destroy(): Promise<void>;
}

function findChromium(): string {
  const { PATH = '', PUPPETEER_EXECUTABLE_PATH: chosen } = process.env;
  if (chosen) return chosen;
  const paths = NAMES.flatMap((name) => PATH.split(delimiter).map((directory) => join(directory, name)));
  const found = paths.find(existsSync);
  if (!found) throw new Error(`none of ${NAMES.join(', ')} is in PATH: apt install chromium`);
  return found;
}

function launchOptions(web: WhatsAppWeb): object {
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return { executablePath: findChromium(), headless: true, args: [...root, ...web.browserArgs] };
}

/** A page that goes somewhere is injected into by the library, which never waits for that. This does. */
export function injected(client: Client): Promise<void> {
  const inject = client.inject.bind(client);
  return new Promise((resolve, reject) => {
    client.inject = () => {
      const done = inject();
      done.then(resolve, reject);
      return done;
    };
  });
}

/** The library as it is, with a browser of its own whose profile is in `directory`. */
export function openClient(web: WhatsAppWeb, directory: string): Client {
  const { Client, LocalAuth } = require('whatsapp-web.js');
  const authStrategy = new LocalAuth({ dataPath: directory });
  const client: Client = new Client({
    authStrategy,
    webVersionCache: { type: 'none' },
    puppeteer: { ...launchOptions(web), pipe: true },
  });
  // Once puppeteer has closed its pipes it does not listen for their errors any more: ECONNRESET would end the process.
  authStrategy.afterBrowserInitialized = async () => {
    for (const pipe of client.pupBrowser.process()?.stdio ?? []) pipe?.on('error', () => {});
  };
  return client;
}

/** The library as it is, in a new page of a browser that several share. */
export function openClientIn(browser: Browser, options: object = {}): Client {
  const { Client } = require('whatsapp-web.js');
  return new Client({
    webVersionCache: { type: 'none' },
    puppeteer: { browserWSEndpoint: browser.wsEndpoint(), defaultViewport: null },
    ...options,
  });
}

export async function launchBrowser(web: WhatsAppWeb, directory: string): Promise<Browser> {
  return require('puppeteer').launch({ ...launchOptions(web), userDataDir: directory });
}
