import type { Clock, Io } from '../io.ts';
import type { Log } from '../terminal/log.ts';

/** What every command is given. A command takes it and its own options, and returns an exit code. */
export interface CommandContext {
  readonly io: Io;
  readonly log: Log;
  readonly clock: Clock;
  /** `--config`, as typed; undefined = search the usual places. */
  readonly configPath: string | undefined;
  /** Whether stdout may be coloured. */
  readonly colour: boolean;
}
