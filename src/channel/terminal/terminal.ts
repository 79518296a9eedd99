import { messageOf, RcError } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Channel, Connection, OutgoingMessage, SendResult } from '../port.ts';
import { drawBubble, type Look } from './bubble.ts';

interface TerminalOptions extends Look {
  /** Resolves once the text has been taken; rejects where it could not be written. */
  readonly write: (text: string) => Promise<void>;
}

/** The rehearsal channel: messages are drawn where the program runs instead of being sent. */
export function openTerminalChannel({ write, ...look }: TerminalOptions): Channel {
  const connection: Connection = {
    account: null,
    version: null,
    lost: new AbortController().signal,
    checkGroup: async () => ({ canPost: true }),
    send: (message, signal) => show(message, write, look, signal),
    lookup: async () => {
      throw new Error('the terminal keeps no messages to look up');
    },
    close: async () => {},
  };
  return { name: 'terminal', honoursIds: false, keepAliveMs: null, connect: async () => connection };
}

async function show(
  { groupId, text }: OutgoingMessage,
  write: TerminalOptions['write'],
  look: Look,
  signal: AbortSignal,
): Promise<SendResult> {
  if (signal.aborted) return { status: 'failed', ack: null, error: 'stopped before it was shown' };
  const bubble = drawBubble(groupId, text, look);
  const stopped = new AbortController();
  const abort = new Promise<SendResult>((resolve) => {
    const giveUp = () => resolve({ status: 'unknown', ack: null, error: 'the terminal took too long' });
    signal.addEventListener('abort', giveUp, { once: true, signal: stopped.signal });
  });
  const written = write(bubble).then((): SendResult => ({ status: 'sent', ack: null }), writeFailed);
  return Promise.race([written, abort]).finally(() => stopped.abort());
}

function writeFailed(cause: unknown): SendResult {
  const error = `The message could not be written to the terminal: ${messageOf(cause)}.`;
  const stop = new RcError({
    code: 'ERR_RC_TERMINAL_WRITE',
    message: error,
    hint: 'Run `rc-notify scan` again with its output going to a terminal or a file that can be written.',
    exitCode: ExitCode.FAILED,
    cause,
  });
  return { status: 'failed', ack: null, error, stop };
}
