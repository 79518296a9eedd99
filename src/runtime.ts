import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel } from './channel/port.ts';
import type { Config } from './config/config.ts';
import type { Clock } from './io.ts';
import type { ScanLedger } from './ledger/port.ts';
import type { RandomBytes } from './scan/message-id.ts';

/** What a scan takes from the world; tests hand in others of the same kind. */
export interface Runtime {
  readonly clock: Clock;
  readonly random: () => number;
  readonly randomBytes: RandomBytes;
  readonly machineId: () => Promise<string | null>;
  readonly openLedger: (directory: string, now: Date) => Promise<ScanLedger>;
  /** Replaces the configured channel; undefined = none. */
  readonly openChannel?: (config: Config) => Promise<Channel>;
  /** Calls back at the first signal to stop; returns how to stop listening. */
  readonly onStopSignal: (stop: () => void) => () => void;
}

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export const realRuntime: Runtime = {
  clock: {
    now: () => new Date(),
    sleep: async (ms, signal) => {
      // Node's timers may fire up to a millisecond before their time.
      await sleep(Math.ceil(ms) + 1, undefined, signal === undefined ? {} : { signal });
    },
  },
  random: Math.random,
  randomBytes,
  machineId: async () => (await import('./ledger/machine-id.ts')).machineId(),
  openLedger: async (directory, now) =>
    (await import('./ledger/sqlite/scan-ledger.ts')).openScanLedger(directory, now),
  onStopSignal: (stop) => {
    // Once only: a second Ctrl-C ends the process at once, and the next scan settles what it left.
    for (const name of STOP_SIGNALS) process.once(name, stop);
    return () => {
      for (const name of STOP_SIGNALS) process.removeListener(name, stop);
    };
  },
};
