import { MessageWriter } from './buffers.ts';
import * as c from './constants.ts';
import type { Release } from './release.ts';
import type { OracleError } from './types.ts';

/** What a break ends a call with. */
export const INTERRUPTED = { code: 1013, message: 'user requested cancel of current operation' };

/** End of a call that has nothing more to say. */
export function statusReply(callStatus: number): Buffer {
  return new MessageWriter().uint8(c.TNS_MSG_TYPE_STATUS).ub(callStatus | c.END_OF_CALL, 0).message;
}

export interface EndOfCall {
  callStatus?: number;
  cursorId?: number;
  rowCount?: number;
  error?: OracleError;
}

/** The error message, which ends calls that went well too (number 0). */
export function writeEndOfCall(
  out: MessageWriter,
  release: Release,
  { callStatus = 0, cursorId = 0, rowCount = 0, error }: EndOfCall,
): void {
  const code = error?.code ?? 0;
  out.uint8(c.TNS_MSG_TYPE_ERROR).ub(callStatus | c.END_OF_CALL, 0, rowCount);
  out.ub(Math.min(code, 0xffff), 0, 0, cursorId, error?.offset ?? 0);
  out.uint8(0, 0, 0, 0, 0, 0); // SQL type, fatal, flags, cursor options, UPI parameter, warning flag
  out.ub(0, 0).uint8(0).ub(0, 0); // rowid
  out.ub(0).uint8(0, 0).ub(0, 0); // OS error, statement error, call number, padding, iterations
  out.ub(0, 0, 0, 0); // logical rowid, batch errors
  out.ub(code, rowCount);
  if (release.is23ai) out.ub(0, 0); // SQL type, checksum
  if (error) out.text(errorText(error));
}

export function errorReply(release: Release, error: OracleError, cursorId: number): Buffer {
  const out = new MessageWriter();
  writeEndOfCall(out, release, { error, cursorId });
  return out.message;
}

/** A reply of keys and values to a logon phase; `verifierType` goes with AUTH_VFR_DATA. */
export function logonReply(release: Release, pairs: Record<string, string>, warning?: OracleError): Buffer {
  const entries = Object.entries(pairs);
  const out = new MessageWriter();
  if (warning) {
    const text = errorText(warning);
    out.uint8(c.TNS_MSG_TYPE_WARNING).ub(warning.code, Buffer.byteLength(text), 0).text(text);
  }
  out.uint8(c.TNS_MSG_TYPE_PARAMETER).ub(entries.length);
  for (const [key, value] of entries) {
    out.keyValue(key, value, key === 'AUTH_VFR_DATA' ? c.TNS_VERIFIER_TYPE_12C : 0);
  }
  writeEndOfCall(out, release, {});
  return out.message;
}

/** `ORA-00942: ...` and a newline, as servers send it. */
function errorText({ code, message }: OracleError): string {
  const number = `ORA-${String(code).padStart(5, '0')}`;
  return `${message.startsWith(number) ? message : `${number}: ${message}`}\n`;
}
