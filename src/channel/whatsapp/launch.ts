import { join } from 'node:path';
import type { LaunchOptions } from 'puppeteer';
import type { Config } from '../../config/config.ts';
import { RcError, type RcErrorFields } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Io } from '../../io.ts';
import { browserEnvironment } from './browser-environment.ts';
import type { Chromium } from './chromium.ts';

export interface LaunchRequest {
  readonly config: Config['whatsapp']['browser'];
  readonly chromium: Chromium;
  readonly env: Io['env'];
  /** Effective user. */
  readonly uid: number;
  /** Where Chromium keeps what belongs to no profile; the directory that holds the profile (Profile.home). */
  readonly profileHome: string;
  /** Shows a window whatever the configuration says. */
  readonly headful?: boolean;
}

const LAUNCH_TIMEOUT_MS = 60_000;
const PROTOCOL_TIMEOUT_MS = 60_000;

export const AS_ROOT: RcErrorFields = {
  code: 'ERR_RC_CHROMIUM_AS_ROOT',
  message:
    'Chromium does not run as root with its sandbox on, and a page from the network is not run without it.',
  hint: "Run it as the service's user: sudo -u rc-notify rc-notify ... (for a throw-away test alone: whatsapp.browser.sandbox: false)",
  exitCode: ExitCode.CONFIG,
};

/**
 * What the library hands to puppeteer. The browser talks over pipes, so that it ends by itself when this process dies,
 * and is left alone by signals, which are ours to answer with an orderly close.
 * Throws RcError 78 as root with the sandbox on: Chromium does not start so.
 */
export function launchOptions(request: LaunchRequest): LaunchOptions {
  const { config, chromium, uid, headful } = request;
  if (uid === 0 && config.sandbox) throw new RcError(AS_ROOT);
  return {
    executablePath: chromium.path,
    headless: config.headless && headful !== true,
    args: [...(config.sandbox ? [] : ['--no-sandbox']), '--disable-gpu', ...config.args],
    env: browserEnvironment(request.env, join(request.profileHome, 'home')),
    pipe: true,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    timeout: LAUNCH_TIMEOUT_MS,
    protocolTimeout: PROTOCOL_TIMEOUT_MS,
  };
}

/** A plain desktop Chrome of the same major version; the rest is zero, as Chrome itself reduces it. */
export function userAgentFor({ major }: Chromium): string {
  return `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`;
}
