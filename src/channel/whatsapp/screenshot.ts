import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'puppeteer';
import { makeDirectory } from '../../make-directory.ts';

const KEPT = 5;
const DEADLINE_MS = 5000;

/**
 * Every letter becomes a disc, wherever WhatsApp keeps the chats this month; only dialogs and alerts stay legible, as they
 * say what is wrong. Chat list and messages are blurred on top, and a picture that may be a QR code or a face is not shown
 * at all.
 */
const HIDING = `
  * { -webkit-text-security: disc !important; }
  :is([role=dialog], [role=alertdialog], [role=alert]),
  :is([role=dialog], [role=alertdialog], [role=alert]) * { -webkit-text-security: none !important; }
  #side, #pane-side, #main, header, footer, [role=grid], [role=list], [role=listitem], [role=row], [role=textbox],
  [contenteditable], input, textarea { filter: blur(8px) !important; -webkit-text-security: disc !important; }
  :is(#side, #pane-side, #main, [role=grid], [role=list], [role=listitem], [role=row]) * {
    -webkit-text-security: disc !important;
  }
  canvas, img, svg, video, iframe, object, embed, [data-ref] { visibility: hidden !important; }
  *, *::before, *::after { background-image: none !important; }
`;

/**
 * A style sheet of the document's own: no content security policy stops it. Answers whether it holds. The picture is taken
 * only then.
 */
const HIDE = `(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(${JSON.stringify(HIDING)});
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const probe = document.body.appendChild(document.createElement('canvas'));
  const { visibility, webkitTextSecurity } = getComputedStyle(probe);
  probe.remove();
  return visibility === 'hidden' && webkitTextSecurity === 'disc';
})()`;

/**
 * Keeps a picture of the page (0600, the last five) with nothing private to be read in it. Never throws, and gives up after
 * a few seconds: null.
 */
export async function keepScreenshot(
  page: Page,
  directory: string,
  now: Date,
  deadlineMs = DEADLINE_MS,
): Promise<string | null> {
  const settled = new AbortController();
  try {
    const late = sleep(deadlineMs, null, { signal: settled.signal });
    const png = await Promise.race([pictureOf(page), late]);
    return png === null ? null : store(png, directory, now);
  } catch {
    return null;
  } finally {
    settled.abort();
  }
}

async function pictureOf(page: Page): Promise<Uint8Array | null> {
  const isHidden = await page.evaluate(HIDE);
  return isHidden === true ? page.screenshot({ type: 'png' }) : null;
}

function store(png: Uint8Array, directory: string, now: Date): string {
  makeDirectory(directory, 0o700);
  const path = join(directory, `${now.toISOString().replace(/[-:]/g, '')}.png`);
  writeFileSync(path, png, { mode: 0o600 });
  const pictures = readdirSync(directory).filter((name) => name.endsWith('.png'));
  for (const name of pictures.sort().slice(0, -KEPT)) rmSync(join(directory, name));
  return path;
}
