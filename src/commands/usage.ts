import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';

/** Options that make no sense as typed (64); nothing was done. */
export function usageError(message: string, hint: string): RcError {
  return new RcError({ code: 'ERR_RC_USAGE', message, hint, exitCode: ExitCode.USAGE });
}

/** Refuses (64) what wants a yes where nobody can be asked. */
export function nobodyToAsk(command: string): RcError {
  return usageError(
    `There is no terminal to ask on, and rc-notify ${command} changes nothing without a yes.`,
    `If it is meant, add --yes: rc-notify ${command} ... --yes`,
  );
}
