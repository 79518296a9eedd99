import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { RcError } from '../../src/errors.ts';
import type { ScanLedger } from '../../src/ledger/port.ts';
import { openScanLedger } from '../../src/ledger/sqlite/scan-ledger.ts';
import { run } from '../../src/main.ts';
import type { Runtime } from '../../src/runtime.ts';
import { recordingStream } from '../../src/terminal/testing.ts';
import { type MessengerOrders, openMessenger } from '../standins/messenger/messenger.mjs';
import type { VirtualClock } from './virtual-clock.ts';
import type { Workplace } from './workplace.ts';

export interface World {
  readonly clock: VirtualClock;
  readonly messenger?: Omit<MessengerOrders, 'server'>;
  readonly ledger?: (ledger: ScanLedger) => ScanLedger;
  /** Whether standard input, which holds what the source file does, is never closed. */
  readonly stdinStaysOpen?: true;
  /** A signal comes so long after the ledger was opened, milliseconds. */
  readonly stopAfter?: number;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds by the virtual clock. */
  readonly took: number;
}

/**
 * `scan --json` in this process, by a clock that needs no time. The source is read from standard input (configured so
 * here), because no virtual clock knows when a file has been read.
 */
export async function scanHere(work: Workplace, world: World): Promise<Ended> {
  const { clock, messenger = {}, ledger: wrap = (ledger) => ledger } = world;
  const input = new PassThrough();
  input.write(readFileSync(work.source));
  if (world.stdinStaysOpen !== true) input.end();
  const stdin = Object.assign(input, { isTTY: false });
  const [stdout, stderr] = [recordingStream(false), recordingStream(false)];
  const startedAt = clock.now().getTime();
  let stop = () => {};
  const runtime: Runtime = {
    clock,
    random: () => 0.5,
    randomBytes,
    machineId: async () => 'this machine',
    openLedger: async (directory, now) => {
      if (world.stopAfter !== undefined) void clock.sleep(world.stopAfter).then(stop);
      return wrap(openScanLedger(directory, now));
    },
    openChannel: async () => openMessenger({ server: work.server, ...messenger }, { clock, RcError }),
    onStopSignal: (listener) => {
      stop = listener;
      return () => {};
    },
  };
  const io = { stdin, stdout, stderr, env: { HOME: work.directory }, cwd: work.directory };
  const code = await run(['scan', '--json'], io, runtime);
  return {
    code,
    stdout: stdout.written(),
    stderr: stderr.written(),
    took: clock.now().getTime() - startedAt,
  };
}

/** The source section of a configuration for `scanHere`. */
export const FROM_STDIN = { type: 'file', timezone: 'Asia/Dhaka', file: { path: '-' } };
