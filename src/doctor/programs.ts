import { tmpdir } from 'node:os';
import process from 'node:process';
import type { CommandContext } from '../commands/context.ts';
import type { Config } from '../config/config.ts';
import { RcError } from '../errors.ts';
import { openSqlite } from '../ledger/sqlite.ts';
import { type Finding, failedWith, ok, warning } from './finding.ts';

/** Node, and the one package that is compiled for it. */
export function checkNode(): Finding {
  const name = 'node';
  try {
    openSqlite(':memory:').close();
    return ok(name, `${process.version}, ${process.execPath}`);
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    return failedWith(name, thrown);
  }
}

/** Whether Chromium is there and starts, with a throw-away profile, as this user. */
export async function checkChromium(
  { channel, whatsapp: { browser } }: Config,
  { io, clock }: Pick<CommandContext, 'io' | 'clock'>,
): Promise<Finding> {
  const name = 'chromium';
  if (channel !== 'whatsapp') return ok(name, `not needed: channel is ${channel}`);
  const { tryChromium } = await import('../channel/whatsapp/try-chromium.ts');
  try {
    const { path, version } = await tryChromium({ browser, env: io.env, clock, directory: tmpdir() });
    if (browser.sandbox) return ok(name, `${path} ${version} starts, with its sandbox`);
    const without = `${path} ${version} starts, but without its sandbox: whatsapp.browser.sandbox is false, which is for throw-away tests.`;
    return warning(name, without, 'Take that line out, and run rc-notify as a user that is not root');
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    return failedWith(name, thrown);
  }
}
