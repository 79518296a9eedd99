import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import type { Clock, Io } from '../../io.ts';
import { type Chromium, findChromium } from './chromium.ts';
import { launchOptions } from './launch.ts';
import { launchFailure } from './launch-failure.ts';
import { watchLaunch } from './launch-watch.ts';
import { endBrowser } from './processes.ts';

export interface Trial {
  readonly browser: Config['whatsapp']['browser'];
  readonly env: Io['env'];
  readonly clock: Clock;
  /** Where the throw-away profile is made; nothing of it is left. */
  readonly directory: string;
}

const STARTS_WITHIN_MS = 20_000;
/** What has not closed by then is ended by force. */
const CLOSES_WITHIN_MS = 5_000;

/**
 * Starts Chromium as a scan would, with a profile of its own, and ends it. With its sandbox on it does not start where
 * it can not make one. Throws RcError: 78, 77, 73, 69 as `findChromium` and the launch.
 */
export async function tryChromium({ browser: config, env, clock, directory }: Trial): Promise<Chromium> {
  const chromium = await findChromium(config.executablePath, env);
  const uid = process.geteuid?.() ?? -1;
  const home = mkdtempSync(join(directory, 'rc-notify-trial-'));
  const userDataDir = join(home, 'profile');
  const watch = watchLaunch(userDataDir);
  try {
    const options = launchOptions({ config, chromium, env, uid, profileHome: home });
    const { default: puppeteer } = await import('puppeteer');
    const started = puppeteer.launch({ ...options, userDataDir, timeout: STARTS_WITHIN_MS });
    const browser = await started.catch((thrown: unknown) => {
      throw launchFailure(thrown, { chromium, profileDirectory: userDataDir, output: watch.output() });
    });
    await Promise.race([browser.close(), clock.sleep(CLOSES_WITHIN_MS)]);
    return chromium;
  } finally {
    watch.stop();
    await endBrowser({ pid: watch.pid(), profileDirectory: userDataDir }, clock);
    rmSync(home, { recursive: true, force: true, maxRetries: 10 });
  }
}
