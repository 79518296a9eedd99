import type { Config } from '../config/config.ts';
import type { Clock, Io } from '../io.ts';
import type { Log } from '../terminal/log.ts';
import type { Channel } from './port.ts';

/** What the channels draw on, and what they are told of the process they run in. */
export interface ChannelSurroundings {
  readonly write: (text: string) => Promise<void>;
  readonly colour: boolean;
  readonly columns: number;
  readonly env: Io['env'];
  readonly clock: Clock;
  readonly log: Log;
}

/** The configured channel; nothing is started yet. A rehearsal is drawn with `write`. */
export async function openChannel(config: Config, surroundings: ChannelSurroundings): Promise<Channel> {
  if (config.channel === 'terminal') {
    const { openTerminalChannel } = await import('./terminal/terminal.ts');
    return openTerminalChannel(surroundings);
  }
  const { openWhatsAppChannel } = await import('./whatsapp/whatsapp.ts');
  const { profileOf } = await import('./whatsapp/profile.ts');
  const { whatsapp, state } = config;
  return openWhatsAppChannel({ ...surroundings, whatsapp, profile: profileOf(state.directory) });
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
