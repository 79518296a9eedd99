import type { Account } from './page.ts';
import { isUnlinked, unavailable } from './problems.ts';
import { openSession } from './session.ts';
import type { WebClientOptions } from './web-client.ts';

const UNLINK_WITHIN_MS = 20_000;
const POLL_MS = 250;

/**
 * Ends the link as the phone's own menu does, and waits until the page says so; the profile stays. Throws RcError: 77
 * where nothing is linked, 69 where WhatsApp did not confirm.
 */
export async function unlink(options: WebClientOptions, signal: AbortSignal): Promise<Account> {
  const { clock } = options;
  const { client, account } = await openSession(options, signal);
  try {
    // The page may be gone before it can answer.
    client.call('logout').catch(() => {});
    for (let waited = 0; !isUnlinked(client.failure); waited += POLL_MS) {
      if (waited >= UNLINK_WITHIN_MS || signal.aborted) {
        throw unavailable('WhatsApp did not confirm that this device is unlinked');
      }
      await clock.sleep(POLL_MS, signal).catch(() => {});
    }
    return account;
  } finally {
    await client.close();
  }
}
