import type { Config } from '../config/config.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Channel } from './port.ts';

/**
 * The configured channel; nothing is started yet. A rehearsal is drawn with `write`. Throws RcError 78 where the channel is
 * not part of this version.
 */
export async function openChannel(
  config: Config,
  look: { write: (text: string) => Promise<void>; colour: boolean; columns: number },
): Promise<Channel> {
  if (config.channel === 'terminal') {
    const { openTerminalChannel } = await import('./terminal/terminal.ts');
    return openTerminalChannel(look);
  }
  throw new RcError({
    code: 'ERR_RC_NOT_IN_THIS_VERSION',
    message: 'The WhatsApp channel is not part of this version, so no scan can send with this configuration.',
    hint: 'Set channel: terminal to rehearse, or look with: rc-notify scan --dry-run',
    exitCode: ExitCode.CONFIG,
  });
}

/** A channel a scan that sends nothing may name but never use. */
export function idleChannel(name: Channel['name']): Channel {
  return {
    name,
    honoursIds: false,
    keepAliveMs: null,
    connect: () => Promise.reject(new Error('this scan sends nothing')),
  };
}
