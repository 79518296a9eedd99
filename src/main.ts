import { CommanderError } from 'commander';
import { createProgram } from './cli.ts';
import { messageOf, RcError } from './errors.ts';
import { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import { type Runtime, realRuntime } from './runtime.ts';
import { shellWord } from './terminal/shell-word.ts';
import { AS_TYPED } from './users.ts';

/** For a program around `run` that brings a runtime of its own. */
export { RcError, realRuntime };

/** The whole program: arguments without `node` and script in, exit code out. Never exits by itself, never throws. */
export async function run(
  argv: readonly string[],
  io: Io,
  runtime: Runtime = realRuntime,
): Promise<ExitCode> {
  const program = createProgram(io, runtime);
  try {
    await program.command.parseAsync([...argv], { from: 'user' });
    return program.exitCode();
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
    if (thrown instanceof RcError) {
      const { code, message, hint } = thrown;
      program.log().failure({ code, message, hint: hint.replace(AS_TYPED, () => asTyped(argv)) });
      return thrown.exitCode;
    }
    program.log().failure({
      code: 'ERR_RC_BUG',
      message: `This is a bug: ${messageOf(thrown)}`,
      hint: `Report it with this stack:\n${thrown instanceof Error ? thrown.stack : String(thrown)}`,
    });
    return ExitCode.SOFTWARE;
  }
}

function asTyped(argv: readonly string[]): string {
  return ['rc-notify', ...argv].map(shellWord).join(' ');
}
