import type { Linked } from '../channel/whatsapp/link.ts';
import { parseDuration } from '../duration.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { currentUser } from '../ledger/audit.ts';
import { openLinkLedger } from '../ledger/links.ts';
import type { Runtime } from '../runtime.ts';
import { QrScreen } from '../terminal/qr.ts';
import type { CommandContext } from './context.ts';
import { usageError } from './usage.ts';
import { type WhatsAppWork, withProfile } from './whatsapp-work.ts';

export interface LoginOptions {
  readonly phone?: string | undefined;
  readonly headful?: boolean | undefined;
  readonly timeout?: string | undefined;
  readonly replace?: boolean | undefined;
  readonly restore?: boolean | undefined;
}

const DEFAULT_TIMEOUT = '3m';

/**
 * Links this host to a WhatsApp number, or says to which it is linked; with `restore` from a kept copy of the profile.
 * The only command that shows a QR code. Throws RcError: 64 options, 77 nobody linked, refused or another account, 69
 * WhatsApp not reachable, 78 configuration or no Chromium, 75 while a scan runs, 1 where there is no copy to restore.
 */
export async function login(
  context: CommandContext,
  options: LoginOptions,
  runtime: Runtime,
): Promise<ExitCode> {
  const patience = readTimeout(options.timeout ?? DEFAULT_TIMEOUT);
  const phone = readPhone(options.phone);
  return withProfile(context, runtime, 'login', async (work) => {
    const linked =
      options.restore === true
        ? await linkFromCopy(context, work)
        : await linkWithPhone(context, work, { headful: options.headful === true, patience, phone });
    return recordLink(context, work, linked, options.replace === true);
  });
}

function readTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1000) return ms;
  throw usageError(
    `--timeout ${text} is no duration such as 90s or 5m.`,
    'For example: rc-notify login --timeout 5m',
  );
}

function readPhone(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const digits = text.replace(/[\s()+-]/g, '');
  if (/^[1-9]\d{6,14}$/.test(digits)) return digits;
  throw usageError(
    `--phone ${text} is no phone number with its country code.`,
    'For example: rc-notify login --phone 8801712345678',
  );
}

async function linkWithPhone(
  { io, log, colour }: CommandContext,
  { web, stop, config }: WhatsAppWork,
  options: { readonly headful: boolean; readonly patience: number; readonly phone: string | undefined },
): Promise<Linked> {
  const { link } = await import('../channel/whatsapp/link.ts');
  const screen = new QrScreen(io.stdout, colour);
  log.info('Starting Chromium with WhatsApp Web; this takes some seconds.');
  const { headful, patience, phone } = options;
  const settle = `Linked. Staying connected for ${config.whatsapp.linkSettle / 1000} s, so that the phone hands everything over ...`;
  const requests = {
    qr: (text: string) => {
      if (screen.isEmpty) log.info(`${HOW_TO_SCAN} It waits ${patience / 1000} s.`);
      screen.show(text);
    },
    code: (text: string) => {
      log.info(HOW_TO_TYPE);
      io.stdout.write(`\n    ${text.slice(0, 4)}-${text.slice(4)}\n\n`);
    },
  };
  const onLinked = () => log.info(settle);
  return link({ ...web, headful, patience, onLinked, ...(phone && { phone }) }, requests, stop);
}

const HOW_TO_SCAN =
  'On the phone: WhatsApp > Settings (iPhone) or the three dots (Android) > Linked devices > Link a device. Then point it at this code.';
const HOW_TO_TYPE =
  'On the phone: WhatsApp > Settings (iPhone) or the three dots (Android) > Linked devices > Link a device > Link with phone number instead. Then type this code:';

/** Puts the newest copy in the profile's place and sees whether WhatsApp accepts it; it is offered once. */
async function linkFromCopy(
  { io, log, clock }: CommandContext,
  { web, config, stop }: WhatsAppWork,
): Promise<Linked> {
  const { profile } = web;
  const copy = profile.copies().find(({ refused }) => !refused);
  if (copy === undefined) throw noCopy(profile.home);
  const now = clock.now();
  await profile.restore(copy, now);
  const taken = copy.takenAt.toISOString();
  const ledger = openLinkLedger(config.state.directory, now);
  try {
    ledger.restored({ detail: taken, who: currentUser(io.env), at: now.toISOString() });
  } finally {
    ledger.close();
  }
  log.info(`The copy of ${taken} took the profile's place; the profile that was there is kept beside it.`);
  const { openSession } = await import('../channel/whatsapp/session.ts');
  const { isUnlinked } = await import('../channel/whatsapp/problems.ts');
  try {
    const { client, account } = await openSession(web, stop);
    const groups = await client.call('groups').finally(() => client.close());
    return { account, groups, isNew: true };
  } catch (thrown) {
    if (isUnlinked(thrown)) profile.markRefused(copy);
    throw thrown;
  }
}

function noCopy(home: string): RcError {
  return new RcError({
    code: 'ERR_RC_NO_COPY',
    message: `In ${home} there is no copy of the profile that WhatsApp has not refused already.`,
    hint: 'Link again: rc-notify login',
    exitCode: ExitCode.FAILED,
  });
}

function recordLink(
  { io, log, clock }: CommandContext,
  { config }: WhatsAppWork,
  { account, groups, isNew }: Linked,
  replace: boolean,
): ExitCode {
  const now = clock.now();
  const ledger = openLinkLedger(config.state.directory, now);
  try {
    const known = ledger.account();
    const name = account.name === null ? '' : ` (${account.name})`;
    io.stdout.write(
      `${isNew ? 'Linked' : 'Already linked'} to ${account.number}${name}; it sees ${groups.length} groups.\n`,
    );
    if (known !== null && known !== account.number && !replace) throw otherAccount(account.number, known);
    if (isNew || known !== account.number) {
      const replaced = known === account.number ? null : known;
      ledger.linked({ account: account.number, replaced, who: currentUser(io.env), at: now.toISOString() });
    }
  } finally {
    ledger.close();
  }
  log.info('Next: rc-notify groups, to find the ids for the configuration. Then: rc-notify test --group ID');
  return ExitCode.OK;
}

function otherAccount(account: string, known: string): RcError {
  return new RcError({
    code: 'ERR_RC_OTHER_ACCOUNT',
    message: `Scans so far sent as ${known}, and ${account} is another account; no scan sends until this is decided.`,
    hint: 'If it is meant: rc-notify login --replace. If not: unlink this device on that phone, then rc-notify login with the right one.',
    exitCode: ExitCode.NOPERM,
  });
}
