import { messageOf, RcError, type RcErrorFields } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import {
  closedEarly,
  FAILURES,
  type Fault,
  failed,
  type Situation,
  slowConnect,
  slowRead,
  type Told,
  wrongSql,
} from './failures.ts';

const DROPPED = /^(?:NJS-(?:500|501|521|003)|ECONNRESET|EPIPE|ORA-0311[34])$/;

/** Faults of the server itself, which it may well have again; the driver tells them as lost connections. */
const INTERNAL = /^ORA-0060[03]$/;

/** Syntax and names, types, bind names, formats, and what only an own query does. */
const WRONG_SQL =
  /^ORA-(?:009(?!42)\d\d|01008|01036|01427|01456|0147[26]|01489|01719|01722|017[4-9]\d|018\d\d|06553|129(?:04|11)|1740\d|224\d\d|300\d\d|3203\d|4044[2-9])$/;

/** An error of the driver, in the operator's words. An RcError stays as it is. */
export function explain(thrown: unknown, situation: Situation): RcError {
  if (thrown instanceof RcError) return thrown;
  const fault = faultOf(thrown);
  const found = FAILURES.find(([codes]) => codes.some((code) => fault.codes.includes(code)));
  if (found) return toRcError(found[1](situation, fault), thrown);
  const isWrongSql = situation.statement !== null && fault.codes.some((code) => WRONG_SQL.test(code));
  return toRcError((isWrongSql ? wrongSql : failed)(situation, fault), thrown);
}

/** Whether a new connection may well succeed where this one failed. */
export function isDropped(thrown: unknown): boolean {
  if (thrown instanceof RcError) return false;
  const { codes } = faultOf(thrown);
  return codes.some((code) => DROPPED.test(code)) && !codes.some((code) => INTERNAL.test(code));
}

/** A failure to connect or log on, like `explain`. */
export function explainLogon(thrown: unknown, situation: Situation): RcError {
  const isSilent = isDropped(thrown) && faultOf(thrown).codes.every((code) => !code.startsWith('ORA-'));
  return isSilent ? toRcError(closedEarly(situation.description), thrown) : explain(thrown, situation);
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

/**
 * What the server says in one line, of a chain the first that has a cause in it; else the driver's first line with the
 * cause, which it puts on the second.
 */
function textOf(message: string): string {
  const lines = message.split('\n').map((line) =>
    line
      .replace(/\s*\(CONNECTION_ID=[^)]*\)/, '')
      .replace(/^Cause: /, '')
      .replace(/[.\s]+$/, ''),
  );
  const ofServer = lines.filter((line) => /^ORA-\d+: /.test(line));
  const telling = ofServer.find((line) => !/^ORA-(?:00604|06512)/.test(line));
  return telling ?? ofServer[0] ?? lines.slice(0, 2).filter(Boolean).join(': ');
}

function toRcError({ code, exitCode, message, hint }: Told, cause?: unknown): RcError {
  const fields: RcErrorFields = { code: `ERR_RC_ORACLE_${code}`, message, hint, exitCode };
  return new RcError(cause === undefined ? fields : { ...fields, cause });
}
