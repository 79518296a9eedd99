import type { ExitCode } from './exit-codes.ts';

export interface RcErrorFields {
  /** Stable, for scripts: `ERR_RC_...`. */
  readonly code: `ERR_RC_${string}`;
  /** One sentence: what happened and what was kept safe. */
  readonly message: string;
  /** What to do next, naming the command. */
  readonly hint: string;
  readonly exitCode: ExitCode;
  readonly cause?: unknown;
}

/** A failure a user can cause or meet; anything else that is thrown is a bug and exits 70 with its stack. */
export class RcError extends Error {
  readonly code: `ERR_RC_${string}`;
  readonly hint: string;
  readonly exitCode: ExitCode;

  constructor({ code, message, hint, exitCode, cause }: RcErrorFields) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RcError';
    this.code = code;
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
