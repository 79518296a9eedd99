import { messageOf } from '../errors.ts';
import type { Log } from '../terminal/log.ts';

const PING_TIMEOUT_MS = 5_000;

/** Tells a watchdog (in the way of healthchecks.io) that a scan began, ended well or failed. Never throws. */
export async function ping(
  url: string | null,
  event: 'start' | 'success' | 'fail',
  log: Log,
  timeoutMs = PING_TIMEOUT_MS,
): Promise<void> {
  if (url === null) return;
  try {
    const target = new URL(url);
    if (event !== 'success') target.pathname = `${target.pathname.replace(/\/$/, '')}/${event}`;
    const response = await fetch(target, { method: 'POST', signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    if (!response.ok) log.warn(`The heartbeat (${event}) was answered with ${response.status}.`);
  } catch (thrown) {
    log.warn(`The heartbeat (${event}) did not get through: ${messageOf(thrown)}`);
  }
}
