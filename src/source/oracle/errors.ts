import { messageOf, RcError, type RcErrorFields } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import {
  closedEarly,
  FAILURES,
  type Fault,
  type Situation,
  slowConnect,
  slowRead,
  type Told,
  wrongSql,
} from './failures.ts';

const DROPPED = /^(?:NJS-(?:500|501|521|003)|ECONNRESET|EPIPE|ORA-0311[34])$/;

/** Syntax and names, types, bind names, formats, and what only an own query does. */
const WRONG_SQL =
  /^ORA-(?:009(?!42)\d\d|01008|01036|01427|01456|0147[26]|01489|01719|01722|017[4-9]\d|018\d\d|06553|129(?:04|11)|1740\d|224\d\d|300\d\d|3203\d|4044[2-9])$/;

/** An error of the driver, in the operator's words. An RcError stays as it is. */
export function explain(thrown: unknown, situation: Situation): RcError {
  if (thrown instanceof RcError) return thrown;
  const fault = faultOf(thrown);
  const found = FAILURES.find(([codes]) => codes.some((code) => fault.codes.includes(code)));
  if (found) return toRcError(found[1](situation, fault), thrown);
  if (fault.codes.some((code) => WRONG_SQL.test(code))) return toRcError(wrongSql(situation, fault), thrown);
  const { description } = situation;
  const told: Told = {
    code: 'FAILED',
    exitCode: ExitCode.UNAVAILABLE,
    message: `The read from ${description} failed: ${fault.text}; nothing was cleared.`,
    hint: 'The next scan tries again. If it happens each time, give the DBA this message.',
  };
  return toRcError(told, thrown);
}

/** Whether a new connection may well succeed where this one failed. */
export function isDropped(thrown: unknown): boolean {
  return !(thrown instanceof RcError) && faultOf(thrown).codes.some((code) => DROPPED.test(code));
}

/** A failure to connect or log on, like `explain`. */
export function explainLogon(thrown: unknown, situation: Situation): RcError {
  return isDropped(thrown)
    ? toRcError(closedEarly(situation.description), thrown)
    : explain(thrown, situation);
}

export function connectTimeout(description: string): RcError {
  return toRcError(slowConnect(description));
}

export function readTimeout(description: string): RcError {
  return toRcError(slowRead(description));
}

export function stopped(description: string): RcError {
  return toRcError({
    code: 'STOPPED',
    exitCode: ExitCode.UNAVAILABLE,
    message: `The read from ${description} was stopped before its end; nothing was cleared.`,
    hint: 'The next scan tries again.',
  });
}

function faultOf(thrown: unknown): Fault {
  const message = messageOf(thrown);
  const { code, errorNum, offset } = (thrown ?? {}) as {
    code?: unknown;
    errorNum?: unknown;
    offset?: unknown;
  };
  const ofServer = typeof errorNum === 'number' && errorNum > 0;
  const codes = [
    ...(typeof code === 'string' ? [code] : []),
    ...(ofServer ? [`ORA-${String(errorNum).padStart(5, '0')}`] : []),
    ...(message.match(/\b(?:ORA-\d{5}|NJS-\d{3}|E[A-Z]+_?[A-Z]{2,}|ewallet\.pem)\b/g) ?? []),
  ];
  // 0 is what the server says of failures that have no place.
  return {
    codes,
    text: textOf(message),
    offset: typeof offset === 'number' && offset > 0 ? offset : undefined,
  };
}

/** What the server says in one line; else the driver's first line with the cause, which it puts on the second. */
function textOf(message: string): string {
  const lines = message.split('\n').map((line) =>
    line
      .replace(/\s*\(CONNECTION_ID=[^)]*\)/, '')
      .replace(/^Cause: /, '')
      .replace(/[.\s]+$/, ''),
  );
  const ofServer = lines.find((line) => /^ORA-\d+: /.test(line));
  return ofServer ?? lines.slice(0, 2).filter(Boolean).join(': ');
}

function toRcError({ code, exitCode, message, hint }: Told, cause?: unknown): RcError {
  const fields: RcErrorFields = { code: `ERR_RC_ORACLE_${code}`, message, hint, exitCode };
  return new RcError(cause === undefined ? fields : { ...fields, cause });
}
