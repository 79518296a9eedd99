import { messageOf, RcError, type RcErrorFields } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { quote } from './text.ts';

/** Records longer than this are no RC commands: the file is damaged. UTF-16 units or bytes, whichever the format counts. */
export const LONGEST_RECORD = 1024 * 1024;

const WRITE_AGAIN =
  'Write the file again, under another name first and renamed when it is complete, then run "rc-notify scan".';
const COLUMNS_SHOWN = 30;

export function unknownFormat(path: string): RcError {
  return new RcError({
    code: 'ERR_RC_SOURCE_FORMAT',
    message: `The file ${path} is none of .csv, .json and .ndjson (or .jsonl), so its format is not known.`,
    hint: 'Rename it, or feed it to "rc-notify scan --source -", which looks at the content.',
    exitCode: ExitCode.CONFIG,
  });
}

/** What an error of the file system, or of the stream that standard input is, means. */
export function unreadable(description: string, cause: unknown): RcError {
  const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  return new RcError({
    code: missing ? 'ERR_RC_SOURCE_MISSING' : 'ERR_RC_SOURCE_UNREADABLE',
    message: missing
      ? `The source, ${description}, does not exist; nothing was cleared.`
      : `The source, ${description}, can not be read (${messageOf(cause)}); nothing was cleared.`,
    hint: `Check source.file.path (or --source) and that this user may read it, then run "rc-notify scan --dry-run".`,
    exitCode: ExitCode.UNAVAILABLE,
    cause,
  });
}

export function stopped(description: string, cause: unknown): RcError {
  return new RcError({
    code: 'ERR_RC_SOURCE_STOPPED',
    message: `Reading ${description} was stopped before its end; nothing was cleared.`,
    hint: 'Check that what writes it comes to an end in time, then run "rc-notify scan".',
    exitCode: ExitCode.UNAVAILABLE,
    cause,
  });
}

export function empty(description: string): RcError {
  return damage('EMPTY', `The source, ${description}, is empty; nothing was cleared.`, WRITE_AGAIN);
}

export function cutOff(description: string, where: string): RcError {
  return damage(
    'CUT_OFF',
    `The source, ${description}, ends in the middle of ${where}; nothing was cleared.`,
  );
}

export function tooLong(description: string, where: string): RcError {
  return damage('LINE_TOO_LONG', `In ${description}, ${where} is longer than 1 MiB; nothing was cleared.`);
}

export function damaged(description: string, what: string, hint?: string): RcError {
  return damage('DAMAGED', `In ${description}, ${what}; nothing was cleared.`, hint);
}

export function notUtf8(description: string): RcError {
  return damaged(description, 'the text is UTF-16', 'Save it as UTF-8, then run "rc-notify scan".');
}

export function columnsMissing(
  description: string,
  missing: readonly string[],
  found: readonly string[],
): RcError {
  const shown = found.slice(0, COLUMNS_SHOWN).map(quote).join(', ') || 'none';
  const more = found.length > COLUMNS_SHOWN ? ', ...' : '';
  return damage(
    'COLUMNS',
    `The source, ${description}, lacks ${missing.join(', ')}; it has the columns ${shown}${more}.`,
    'Name its columns under source.columns in the configuration, then run "rc-notify config check".',
  );
}

export function columnTwice(description: string, column: string): RcError {
  return damage(
    'COLUMNS',
    `The source, ${description}, has the column ${quote(column)} more than once.`,
    'Rename one of them, or name another under source.columns, then run "rc-notify config check".',
  );
}

function damage(code: string, message: string, hint = WRITE_AGAIN): RcError {
  const fields: RcErrorFields = {
    code: `ERR_RC_SOURCE_${code}`,
    message,
    hint,
    exitCode: ExitCode.DATAERR,
  };
  return new RcError(fields);
}
