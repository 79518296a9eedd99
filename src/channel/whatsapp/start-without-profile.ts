import { tryChromium } from './try-chromium.ts';
import type { WebClientOptions } from './web-client.ts';

/** Whether Chromium starts where the profile is left out: then it is the profile that it does not start with. */
export async function startsWithoutProfile(options: WebClientOptions): Promise<boolean> {
  const { whatsapp, profile, env, clock } = options;
  try {
    await tryChromium({ browser: whatsapp.browser, env, clock, directory: profile.home });
    return true;
  } catch {
    return false;
  }
}
