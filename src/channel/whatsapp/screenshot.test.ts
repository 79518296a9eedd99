import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Page } from 'puppeteer';
import { describe, expect, it } from 'vitest';
import { keepScreenshot } from './screenshot.ts';
import { openBrowser, serve, temporaryDirectory } from './testing.ts';

const NOW = new Date('2026-11-22T11:36:40.123Z');

/** A page like WhatsApp's as far as the picture goes; its policy forbids style sheets from elsewhere and inline. */
const page = (chat: string, dialog = 'The phone is offline') => `
  <meta http-equiv="content-security-policy" content="style-src 'none'">
  <body><div id="app"><div id="pane-side"><span title="x">${chat}</span><input value="${chat}"></div>
  <div id="main"><div role="row"><span>${chat}</span></div></div><p>${chat}</p>
  <canvas id="qr" width="200" height="200"></canvas><div role="dialog"><p>${dialog}</p></div></div>
  <script>
    const ink = document.querySelector('canvas').getContext('2d');
    for (let i = 0; i < 200; i += 10) if ('${chat}'.charCodeAt(i % '${chat}'.length) % 2) ink.fillRect(i, 0, 10, 200);
  </script>`;

async function opened(html: string): Promise<Page> {
  const browser = await openBrowser(join(temporaryDirectory(), 'session'));
  const page = await browser.newPage();
  await page.goto(await serve(html));
  return page;
}

/** The bytes of the picture that was kept of this page. */
async function pictureOf(html: string): Promise<string> {
  const path = await keepScreenshot(await opened(html), temporaryDirectory(), NOW);
  return readFileSync(path ?? 'none was kept').toString('base64');
}

describe('the picture of a page that failed', () => {
  it('is the same whatever the chats, the messages and the QR code say', async () => {
    expect(await pictureOf(page('meet me at 9'))).toBe(await pictureOf(page('send 5000 tk')));
  });

  it('shows what a dialog says', async () => {
    expect(await pictureOf(page('hello', 'Phone offline'))).not.toBe(
      await pictureOf(page('hello', 'Phone is slow')),
    );
  });

  it('is readable by this user alone, and the last five are kept', async () => {
    const directory = join(temporaryDirectory(), 'screenshots');
    const shown = await opened(page('hello'));
    const kept: (string | null)[] = [];
    for (let minute = 0; minute < 7; minute += 1) {
      kept.push(await keepScreenshot(shown, directory, new Date(NOW.getTime() + minute * 60_000)));
    }
    expect(readdirSync(directory).sort()).toEqual(kept.slice(-5).map((path) => basename(path ?? '')));
    expect(statSync(kept.at(-1) ?? '').mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('is given up where the page hangs, is gone, or the directory can not be written', async () => {
    const shown = await opened(page('hello'));
    expect(await keepScreenshot(shown, '/proc/nowhere', NOW)).toBeNull();
    shown.evaluate('for (;;) {}').catch(() => {});
    expect(await keepScreenshot(shown, temporaryDirectory(), NOW, 300)).toBeNull();
    await shown.browser().close();
    expect(await keepScreenshot(shown, temporaryDirectory(), NOW)).toBeNull();
  });
});
