import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { findChromium } from './chromium.ts';
import { launchOptions } from './launch.ts';
import { watchLaunch } from './launch-watch.ts';
import { endBrowser } from './processes.ts';
import type { WebClientOptions } from './web-client.ts';

const STARTS_WITHIN_MS = 20_000;

/** Whether Chromium starts where the profile is left out: then it is the profile that it does not start with. */
export async function startsWithoutProfile({
  whatsapp: { browser: config },
  profile,
  env,
  clock,
}: WebClientOptions): Promise<boolean> {
  const userDataDir = mkdtempSync(join(profile.home, 'empty-'));
  const watch = watchLaunch(userDataDir);
  try {
    const chromium = await findChromium(config.executablePath, env);
    const uid = process.geteuid?.() ?? -1;
    const options = launchOptions({ config, chromium, env, uid, profileHome: profile.home });
    const { default: puppeteer } = await import('puppeteer');
    const browser = await puppeteer.launch({ ...options, userDataDir, timeout: STARTS_WITHIN_MS });
    await browser.close();
    return true;
  } catch {
    return false;
  } finally {
    watch.stop();
    await endBrowser({ pid: watch.pid(), profileDirectory: userDataDir }, clock);
    rmSync(userDataDir, { recursive: true, force: true });
  }
}
