import type { Config } from '../config/config.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Output } from '../io.ts';
import { clearProgressLine } from '../terminal/progress.ts';
import type { Channel } from './port.ts';

/**
 * The configured channel; nothing is started yet. A rehearsal is drawn on `output`, with the progress line on `stderr`
 * taken away first. Throws RcError 78 where the channel is not part of this version.
 */
export async function openChannel(
  config: Config,
  { output, stderr, colour }: { output: Output; stderr: Output; colour: boolean },
): Promise<Channel> {
  if (config.channel === 'terminal') {
    const { openTerminalChannel } = await import('./terminal/terminal.ts');
    return openTerminalChannel({
      write: (text) => {
        clearProgressLine(stderr);
        return writeWhole(output, text);
      },
      colour,
      columns: output.columns ?? 80,
    });
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

function writeWhole(output: Output, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
