import { RcError } from '../../errors.ts';
import type { OutgoingMessage, SendResult } from '../port.ts';
import type { Fate } from './page.ts';
import { noAnswer, pageChanged, pageReloaded } from './problems.ts';
import type { WebClient } from './web-client.ts';

/** How long the page may look for an ack before it is asked whether to go on. */
const LOOK_FOR_MS = 200;

/**
 * Sends under the message's own id and waits for the server's ack, which alone counts: the library's own answer says no
 * more than that the page has the message. Once the page may have let it go, everything but a plain answer is `unknown`.
 */
export async function sendMessage(
  client: WebClient,
  message: OutgoingMessage,
  signal: AbortSignal,
): Promise<SendResult> {
  if (client.failure !== null) return notTaken(client.failure.message, client.failure);
  try {
    const begun = await client.call('send', message);
    if (begun.begun) return await watch(client, message, signal);
    const { fault, why } = begun;
    if (fault === 'group') return { status: 'failed', ack: null, error: why };
    return notTaken(why, fault === 'page' ? pageChanged(why) : pageReloaded(why));
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    return { status: 'unknown', ack: null, error: thrown.message, stop: thrown };
  }
}

async function watch(
  client: WebClient,
  { id, groupId }: OutgoingMessage,
  signal: AbortSignal,
): Promise<SendResult> {
  for (;;) {
    const fate = await client.call('fate', { id, groupId, withinMs: LOOK_FOR_MS });
    const result = resultOf(fate);
    if (result !== null) return result;
    if (signal.aborted) return { status: 'unknown', ack: fate.ack, error: 'no ack in time' };
  }
}

function resultOf({ ack, gaveUp, error, isHeld }: Fate): SendResult | null {
  if (ack >= 1) return { status: 'sent', ack };
  if (ack < 0) return { status: 'failed', ack, error: `WhatsApp refused it (ack ${ack})` };
  if (error !== null && isHeld) return notTaken(error, pageChanged(error));
  const lost = error ?? (gaveUp ? 'the page lost its connection to WhatsApp over it' : null);
  if (lost === null) return null;
  return { status: 'unknown', ack, error: lost, stop: noAnswer(lost) };
}

function notTaken(error: string, stop: RcError): SendResult {
  return { status: 'failed', ack: null, error: `it did not leave the page: ${error}`, stop };
}
