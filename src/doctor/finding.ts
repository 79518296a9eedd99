import type { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { shellWord } from '../terminal/shell-word.ts';
import { AS_TYPED } from '../users.ts';

/** What a check says of one part. */
export interface Finding {
  readonly name: string;
  /** `skipped`: it can not be looked at before another failure is mended. */
  readonly status: 'ok' | 'warning' | 'failure' | 'skipped';
  readonly detail: string;
  /** The command, or the step, that mends it; null where there is nothing to mend. */
  readonly mend: string | null;
  /** What `doctor` exits with for its sake: 0 but for failures. */
  readonly exitCode: ExitCode;
}

export function ok(name: string, detail: string): Finding {
  return { name, status: 'ok', detail, mend: null, exitCode: ExitCode.OK };
}

export function warning(name: string, detail: string, mend: string): Finding {
  return { name, status: 'warning', detail, mend, exitCode: ExitCode.OK };
}

export function failure(name: string, detail: string, mend: string, exitCode: ExitCode): Finding {
  return { name, status: 'failure', detail, mend, exitCode };
}

export function skipped(name: string, detail: string): Finding {
  return { name, status: 'skipped', detail, mend: null, exitCode: ExitCode.OK };
}

/** `service` has a configuration of its own; what is not a command is prose. */
const RUN = /\brc-notify (?=(?:adopt|backup|config|doctor|groups|history|login|reset|scan|status|test)\b)/g;

/** The finding with commands that read the same configuration as `doctor` did: `configPath` as typed. */
export function keepConfig(finding: Finding, configPath: string | undefined): Finding {
  if (configPath === undefined || finding.mend === null) return finding;
  const run = `rc-notify --config ${shellWord(configPath)} `;
  return { ...finding, mend: finding.mend.replace(RUN, () => run) };
}

export function failedWith(name: string, { message, hint, exitCode }: RcError): Finding {
  return failure(name, message, hint.replace(AS_TYPED, 'rc-notify doctor'), exitCode);
}
