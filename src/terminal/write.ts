import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Output } from '../io.ts';

/** How a pipe ends whose reader has seen enough (`| head`). */
const NOBODY_READS: readonly unknown[] = ['EPIPE', 'ERR_STREAM_DESTROYED'];

/**
 * Writes piece by piece, no faster than they are read; stops quietly where nobody reads any more.
 * Throws RcError 73 where the output can not be written.
 */
export async function writeAll(output: Output, pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    const error = await written(output, piece);
    if (error === null) continue;
    if (NOBODY_READS.includes(error.code)) return;
    throw brokenOff(error);
  }
}

/** Notes what can not be written to an output from now on; the function returned says what it was, null = nothing. */
export function watchOutput(output: Output): () => Promise<RcError | null> {
  let lost: RcError | null = null;
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (!NOBODY_READS.includes(error.code)) lost ??= brokenOff(error);
  });
  return async () => {
    // A stream tells of a failed write once the caller has gone on.
    await new Promise((resolve) => setImmediate(resolve));
    return lost;
  };
}

function brokenOff(error: Error): RcError {
  return new RcError({
    code: 'ERR_RC_OUTPUT',
    message: `The output broke off: ${error.message}.`,
    hint: 'Make room where it is written to. What only shows can be run again; what was done is done: rc-notify history',
    exitCode: ExitCode.CANTCREAT,
    cause: error,
  });
}

function written(output: Output, piece: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => output.write(piece, (error) => resolve(error ?? null)));
}
