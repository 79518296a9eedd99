import { basename } from 'node:path';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';

/** One mistake in a configuration file. */
export interface ConfigProblem {
  /** `pace.minGap`; empty where the mistake is in the YAML itself. */
  readonly path: string;
  /** From 1; null where the file has no such place. */
  readonly line: number | null;
  readonly column: number | null;
  /** What is wrong, to be read after the path: `must be from 0s to 10m, not "1h"`. */
  readonly message: string;
}

/** A configuration file that can not be used: every mistake at once. */
export class ConfigError extends RcError {
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[], hint: string) {
    const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
    const lines = problems.map((problem) => `  ${describeProblem(problem, basename(file))}`);
    super({
      code: 'ERR_RC_CONFIG',
      message: [`${file} has ${count}:`, ...lines].join('\n'),
      hint,
      exitCode: ExitCode.CONFIG,
    });
    this.file = file;
    this.problems = problems;
  }
}

function describeProblem({ path, line, column, message }: ConfigProblem, file: string): string {
  if (path === '')
    return line === null ? `In ${file}: ${message}` : `At ${file} line ${line}, column ${column}: ${message}`;
  return line === null ? `At ${path} (${file}): ${message}` : `At ${path} (${file} line ${line}): ${message}`;
}
