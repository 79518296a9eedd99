import { CommanderError } from 'commander';
import { createProgram, type Program } from './cli.ts';
import { messageOf, RcError } from './errors.ts';
import { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import { type Runtime, realRuntime } from './runtime.ts';
import type { Log } from './terminal/log.ts';
import { shellWord } from './terminal/shell-word.ts';
import { watchOutput } from './terminal/write.ts';
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
  const whatIsLost = watchOutput(io.stdout);
  const code = await runProgram(program, argv);
  const lost = code === ExitCode.OK ? await whatIsLost() : null;
  if (lost === null) return code;
  program.log().failure(lost);
  return lost.exitCode;
}

async function runProgram(program: Program, argv: readonly string[]): Promise<ExitCode> {
  try {
    await program.command.parseAsync([...argv], { from: 'user' });
    return program.exitCode();
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return ExitCode.OK;
      if (program.logFormat() === 'json') program.log().failure(usageFailure(thrown));
      return ExitCode.USAGE;
    }
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

/** What was written as text by Commander otherwise. */
function usageFailure({ code, message }: CommanderError): Parameters<Log['failure']>[0] {
  return {
    code: 'ERR_RC_USAGE',
    message: code === 'commander.help' ? 'No command was named.' : message.replace(/^error: /, ''),
    hint: 'rc-notify <command> --help shows what it takes.',
  };
}

function asTyped(argv: readonly string[]): string {
  return ['rc-notify', ...argv].map(shellWord).join(' ');
}
