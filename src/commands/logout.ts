import { rmSync } from 'node:fs';
import { ExitCode } from '../exit-codes.ts';
import { currentUser } from '../ledger/audit.ts';
import { openLinkLedger } from '../ledger/links.ts';
import type { Runtime } from '../runtime.ts';
import { confirm } from '../terminal/ask.ts';
import type { CommandContext } from './context.ts';
import { nobodyToAsk } from './usage.ts';
import { withProfile } from './whatsapp-work.ts';

export interface LogoutOptions {
  readonly yes?: boolean | undefined;
  readonly reason?: string | undefined;
}

/**
 * Unlinks this host from its number, and removes the profile and its copies, which nothing accepts any more.
 * Throws RcError: 64 where a yes is missing, 77 not linked, 69 WhatsApp did not confirm (nothing is removed then).
 */
export async function logout(
  context: CommandContext,
  options: LogoutOptions,
  runtime: Runtime,
): Promise<ExitCode> {
  const { io, log, clock } = context;
  if (options.yes !== true) {
    const agreed = await confirm(
      io,
      'Unlink this host from WhatsApp? Scans send nothing until somebody links again.',
    );
    if (agreed === null) throw nobodyToAsk('logout');
    if (!agreed) {
      log.info('Nothing was changed.');
      return ExitCode.FAILED;
    }
  }
  return withProfile(context, runtime, 'logout', async ({ web, config, stop }) => {
    const { unlink } = await import('../channel/whatsapp/unlink.ts');
    log.info('Connecting to WhatsApp; this takes some seconds.');
    const account = await unlink(web, stop);
    const now = clock.now();
    const ledger = openLinkLedger(config.state.directory, now);
    try {
      const by = { who: currentUser(io.env), at: now.toISOString(), reason: options.reason ?? null };
      ledger.unlinked({ account: account.number, ...by });
    } finally {
      ledger.close();
    }
    rmSync(web.profile.home, { recursive: true, force: true });
    log.info(
      `Unlinked from ${account.number}; what is due waits in the ledger. To link again: rc-notify login`,
    );
    return ExitCode.OK;
  });
}
