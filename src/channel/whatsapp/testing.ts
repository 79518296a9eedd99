import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import puppeteer, { type Browser, type LaunchOptions } from 'puppeteer';
import { onTestFinished } from 'vitest';
import { realRuntime } from '../../runtime.ts';
import { findChromium } from './chromium.ts';
import { launchOptions } from './launch.ts';
import { endBrowser } from './processes.ts';

export const { clock } = realRuntime;

/** Chromium's settings as tests run it: root has no other choice than without the sandbox. */
export const BROWSER = {
  executablePath: null,
  headless: true,
  sandbox: process.getuid?.() !== 0,
  args: ['--disable-background-networking', '--disable-component-update'],
};

/** An empty directory, gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rc-notify-whatsapp-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Real Chromium as the channel starts it, on this profile; nothing of it outlives the test. */
export async function openBrowser(profileDirectory: string, more: LaunchOptions = {}): Promise<Browser> {
  onTestFinished(async () => void (await endBrowser({ pid: null, profileDirectory }, clock)));
  const options = launchOptions({
    config: BROWSER,
    chromium: await findChromium(null, process.env),
    env: process.env,
    uid: process.getuid?.() ?? 0,
    profileHome: dirname(profileDirectory),
  });
  return puppeteer.launch({ ...options, userDataDir: profileDirectory, ...more });
}

/** The address of a server that answers every request with this page. */
export async function serve(html: string): Promise<string> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(html));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
