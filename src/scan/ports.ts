import type { Channel } from '../channel/port.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../io.ts';
import type { KeyFamily, ScanLedger } from '../ledger/port.ts';
import type { Composer } from '../message/composer.ts';
import type { Source } from '../source/port.ts';
import type { Log } from '../terminal/log.ts';
import type { Progress } from '../terminal/progress.ts';
import type { RandomBytes } from './message-id.ts';

export interface ScanPorts {
  readonly source: Source;
  readonly ledger: ScanLedger;
  readonly channel: Channel;
  readonly composer: Composer;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly progress: Progress;
}

export interface ScanSettings {
  readonly config: Config;
  /** When the process started: the deadline counts from here. */
  readonly startedAt: Date;
  /** /etc/machine-id; null where there is none. */
  readonly machineId: string | null;
  readonly dryRun: boolean;
  readonly baseline: boolean;
  readonly explain: boolean;
  /** `--nocs`: only these offices; null = all. */
  readonly onlyNocs: readonly string[] | null;
  /** `--limit`: at most so many messages; null = no such limit. */
  readonly limit: number | null;
  /** Whether the whole configured source is read (no `--source`). */
  readonly configuredSource: boolean;
}

/** Whose keys and rows a channel's scan sees. */
export function familyOf(channel: Channel['name']): KeyFamily {
  return channel === 'terminal' ? 'terminal' : 'messenger';
}
