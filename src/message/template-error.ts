import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';

/** A template that can not be used; `line` counts from 1, where the fault has one. */
export function templateError(path: string, line: number | null, reason: string, cause?: unknown): RcError {
  return new RcError({
    code: 'ERR_RC_TEMPLATE',
    message: `The message template ${path}${line === null ? '' : `, line ${line}`}: ${reason}.`,
    hint: 'Correct the file (message.template in the configuration), then look at the result with `rc-notify preview`.',
    exitCode: ExitCode.CONFIG,
    cause,
  });
}
