import { describe, expect, it } from 'vitest';
import { explain, explainLogon, isDropped } from './errors.ts';

const SQL = 'SELECT METER_NO\nFROM CISADM.D1_ACTIVITY';
const SITUATION = {
  description: 'Oracle dbhost:1521/C2MPRD',
  user: 'rc_notify',
  statement: { text: SQL, name: 'own.sql' },
};

const thrown = (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
  Object.assign(new Error(message), fields);
const ora = (errorNum: number, text: string, offset?: number) => {
  const code = `ORA-${String(errorNum).padStart(5, '0')}`;
  return thrown(`${code}: ${text}\nHelp: https://docs.oracle.com/error-help/db/`, { code, errorNum, offset });
};
/** As the driver tells what it takes for a lost connection. */
const folded = (errorNum: number, text: string) => {
  const { message } = ora(errorNum, text);
  return thrown(`NJS-500: connection to Oracle Database was closed or broken\n${message}`, {
    code: 'NJS-500',
    errorNum,
  });
};
const chain = (...lines: readonly string[]) =>
  thrown(lines.join('\n'), { code: lines[0]?.slice(0, 9), errorNum: Number(lines[0]?.slice(4, 9)) });
const njs = (number: number, text: string) => thrown(`NJS-${number}: ${text}`, { code: `NJS-${number}` });

describe('a failure is told in the operator’s words, with its exit code and what to do next:', () => {
  it.each([
    [ora(1017, 'invalid username/password; logon denied'), 77, 'LOGIN', /user rc_notify/],
    [ora(28000, 'The account is locked.'), 77, 'LOCKED', /ALTER USER rc_notify ACCOUNT UNLOCK/],
    [ora(28001, 'the password has expired'), 77, 'EXPIRED', /has expired/],
    [ora(1045, 'lacks CREATE SESSION'), 77, 'PRIVILEGE', /GRANT CREATE SESSION TO rc_notify/],
    [
      ora(942, 'table or view does not exist', 30),
      77,
      'PRIVILEGE',
      /SELECT ON CISADM\.D1_ACTIVITY TO rc_notify/,
    ],
    [
      ora(942, 'table or view "CISADM"."CI_FT" does not exist'),
      77,
      'PRIVILEGE',
      /SELECT ON CISADM\.CI_FT TO/,
    ],
    [ora(1031, 'insufficient privileges'), 77, 'PRIVILEGE', /SELECT ON each table of the query TO/],
    [
      ora(904, '"METER_NO": invalid identifier', 7),
      78,
      'QUERY',
      /own\.sql, line 1, column 8, near "METER_NO": ORA/,
    ],
    [ora(933, 'SQL command not properly ended', 21), 78, 'QUERY', /line 2, column 6, near "CISADM/],
    [ora(1722, 'invalid number', 0), 78, 'QUERY', /does not understand own\.sql: ORA-01722/],
    [ora(1555, 'snapshot too old'), 69, 'SNAPSHOT', /ORA-01555/],
    [ora(1033, 'ORACLE initialization in progress'), 69, 'NOT_OPEN', /takes no new sessions/],
    [ora(1013, 'user requested cancel'), 69, 'READ_TIMEOUT', /callTimeout/],
    [ora(4031, 'out of shared memory'), 69, 'FAILED', /ORA-04031: out of shared memory;/],
    [njs(123, 'call timeout of 5 ms exceeded'), 69, 'READ_TIMEOUT', /callTimeout/],
    [njs(138, 'connections to this database server version are not supported'), 69, 'VERSION', /too old/],
    [njs(503, 'connection to host a could not\nError: connect ECONNREFUSED 1'), 69, 'REFUSED', /lsnrctl/],
    [
      njs(503, 'connection to host a could not be (CONNECTION_ID=x=)\nEHOSTUNREACH'),
      69,
      'UNREACHABLE',
      /could not be: EHOSTUNREACH\./,
    ],
    [njs(510, 'timed out'), 69, 'CONNECT_TIMEOUT', /connectTimeout/],
    [njs(511, 'refused\nCause: ORA-12528'), 69, 'NOT_OPEN', /takes no new sessions/],
    [njs(518, 'Service'), 69, 'SERVICE', /service name/],
    [njs(530, 'host'), 69, 'HOST', /is not known here/],
    [njs(533, 'negotiation failed.\nCause: ORA-12660'), 69, 'ENCRYPTION', /TCPS.*SQLNET\.ENCRYPTION_SERVER/],
    [njs(517, 'Unable to find "PRD" in "/etc/tnsnames.ora"'), 78, 'CONNECT_STRING', /configDir/],
    [njs(505, 'TLS handshake failure'), 69, 'TLS', /walletDirectory/],
    [
      njs(506, 'handshake failure. (CONNECTION_ID=x=)\ncertificate has expired'),
      69,
      'TLS',
      /handshake failure: certificate has expired\./,
    ],
    [thrown("ENOENT: no such file, open '/w/ewallet.pem'", { code: 'ENOENT' }), 69, 'TLS', /w\/ewallet\.pem/],
    [
      njs(512, 'invalid connection string parameters.\nHOST missing'),
      78,
      'CONNECT_STRING',
      /parameters: HOST missing/,
    ],
    [ora(257, 'Archiver error. Connect AS SYSDBA only until resolved.'), 69, 'NOT_OPEN', /no new sessions/],
    [njs(500, 'connection to the Oracle Database was broken'), 69, 'LOST', /was lost; .*nothing was cleared/],
    [folded(3135, 'connection lost contact'), 69, 'LOST', /was lost \(ORA-03135\); what was read/],
    [folded(1089, 'immediate shutdown in progress'), 69, 'NOT_OPEN', /no new sessions now: ORA-01089: imm/],
    [folded(1092, 'instance terminated'), 69, 'NOT_OPEN', /no new sessions now: ORA-01092: instance/],
    [folded(600, 'internal error code, arguments: [a]'), 69, 'FAILED', /failed: ORA-00600: internal .* DBA/],
    [folded(603, 'session terminated by fatal error'), 69, 'FAILED', /failed: ORA-00603: session/],
    [
      chain('ORA-00604: error at level 1', 'ORA-20001: not from this host', 'ORA-06512: at line 3'),
      69,
      'FAILED',
      /failed: ORA-20001: not from this host;/,
    ],
    [chain('ORA-00604: error at level 1', 'ORA-06512: at line 3'), 69, 'FAILED', /failed: ORA-00604: error/],
  ])('%s', (error, exitCode, code, says) => {
    const told = explain(error, SITUATION);
    expect(told).toMatchObject({ exitCode, code: `ERR_RC_ORACLE_${code}` });
    expect(`${told.message} ${told.hint}`).toMatch(says);
    expect(told.message).not.toMatch(/\n|Help:|CONNECTION_ID/);
  });
});

it.each([
  [folded(3135, 'connection lost contact'), 'LOST', /was lost \(ORA-03135\)/],
  [folded(1089, 'immediate shutdown in progress'), 'NOT_OPEN', /ORA-01089/],
  [njs(500, 'connection was broken'), 'LOST', /closed the connection before the logon was done/],
  [ora(988, 'missing or invalid password(s)'), 'FAILED', /failed: ORA-00988: missing/],
])(
  'at the logon there is no query to blame, and a number of the server tells more: %s',
  (error, code, says) => {
    const told = explainLogon(error, { ...SITUATION, statement: null });
    expect(told).toMatchObject({ exitCode: 69, code: `ERR_RC_ORACLE_${code}` });
    expect(told.message).toMatch(says);
  },
);

it('only a lost connection is worth another try', () => {
  expect(isDropped(njs(500, 'connection was broken'))).toBe(true);
  expect(isDropped(thrown('read ECONNRESET', { code: 'ECONNRESET' }))).toBe(true);
  expect(isDropped(folded(3135, 'connection lost contact'))).toBe(true);
  expect(isDropped(folded(600, 'internal error code'))).toBe(false);
  expect(isDropped(folded(603, 'session terminated'))).toBe(false);
  expect(isDropped(ora(1017, 'invalid'))).toBe(false);
  expect(isDropped(ora(1555, 'snapshot too old'))).toBe(false);
  expect(isDropped(explain(njs(500, 'connection was broken'), SITUATION))).toBe(false);
});
