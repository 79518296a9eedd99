import { ExitCode } from '../../exit-codes.ts';
import { placeIn, wordAt } from './place.ts';

export interface Ran {
  /** What a person knows it as. */
  readonly name: string;
  /** The text in which places are told; null where the server was sent another. */
  readonly text: string | null;
}

/** What a failure is told about. */
export interface Situation {
  /** `Oracle dbhost:1521/C2MPRD`. */
  readonly description: string;
  readonly user: string;
  /** What was run; null before the logon. */
  readonly statement: Ran | null;
}

export interface Told {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly hint: string;
}

type Explanation = (situation: Situation, fault: Fault) => Told;

/** What the driver or the server says went wrong. */
export interface Fault {
  /** Every number in it, the innermost last. */
  readonly codes: readonly string[];
  readonly text: string;
  /** Where in the statement, from 0; undefined = not told. */
  readonly offset: number | undefined;
}

const { NOPERM, CONFIG, UNAVAILABLE } = ExitCode;
const CHECK = 'then run: rc-notify config check';
const NEXT_SCAN = 'The next scan tries again.';

const unavailable = (code: string, message: string, hint: string): Told => ({
  code,
  exitCode: UNAVAILABLE,
  message,
  hint,
});

const wrongAddress: Explanation = ({ description }, { text }) => ({
  code: 'CONNECT_STRING',
  exitCode: CONFIG,
  message: `The address of ${description} can not be used: ${text}.`,
  hint: `Correct source.oracle.connectString, or configDir where it is a name of tnsnames.ora; ${CHECK}`,
});

const dropped: Explanation = ({ description }, { text }) => {
  const number = /^ORA-\d+/.exec(text)?.[0];
  const why = number === undefined ? '' : ` (${number})`;
  return unavailable(
    'LOST',
    `The connection to ${description} was lost${why}; what was read may be told, nothing was cleared.`,
    `${NEXT_SCAN} If it happens each time, ask the DBA whether sessions are ended, or a firewall cuts them.`,
  );
};

const tls: Explanation = ({ description }, { text }) =>
  unavailable(
    'TLS',
    `No encrypted connection to ${description} could be made: ${text}.`,
    `Check source.oracle.walletDirectory (docs/oracle.md) and the server's certificate, ${CHECK}`,
  );

const busy: Explanation = ({ description }, { text }) =>
  unavailable(
    'NOT_OPEN',
    `${description} takes no new sessions now: ${text}.`,
    `${NEXT_SCAN} If it stays so, ask the DBA.`,
  );

/** Whatever else it is. */
export const failed: Explanation = ({ description }, { text }) =>
  unavailable(
    'FAILED',
    `The read from ${description} failed: ${text}; nothing was cleared.`,
    `${NEXT_SCAN} If it happens each time, give the DBA this message.`,
  );

/** By numbers such as `ORA-01017` or `NJS-503`; the first line that has one of a fault's tells it. */
export const FAILURES: readonly (readonly [codes: readonly string[], explain: Explanation])[] = [
  [
    ['NJS-530', 'ENOTFOUND', 'EAI_AGAIN'],
    ({ description }) =>
      unavailable(
        'HOST',
        `The host of ${description} is not known here.`,
        `Check the host in source.oracle.connectString with: getent hosts HOST; ${CHECK}`,
      ),
  ],
  [
    ['NJS-518', 'ORA-12514'],
    ({ description }) =>
      unavailable(
        'SERVICE',
        `The listener of ${description} does not know this service.`,
        `Ask the DBA for the service name (lsnrctl services), set source.oracle.connectString, ${CHECK}`,
      ),
  ],
  [
    ['NJS-519', 'ORA-12505'],
    ({ description }) =>
      unavailable(
        'SERVICE',
        `The listener of ${description} does not know this SID.`,
        `Use the service name instead: host:port/service in source.oracle.connectString; ${CHECK}`,
      ),
  ],
  [
    ['ORA-12660', 'ORA-12650', 'NJS-533', 'NJS-532', 'NJS-531'],
    ({ description }) =>
      unavailable(
        'ENCRYPTION',
        `${description} requires native network encryption, which is not to be had without an Oracle client.`,
        'Ask the DBA for a TCPS listener and set source.oracle.connectString: tcps://host:port/service, or for ' +
          'SQLNET.ENCRYPTION_SERVER and SQLNET.CRYPTO_CHECKSUM_SERVER = ACCEPTED in the sqlnet.ora of the server.',
      ),
  ],
  [
    ['ORA-01017', 'ORA-01005'],
    ({ description, user }) => ({
      code: 'LOGIN',
      exitCode: NOPERM,
      message: `${description} refuses user ${user}: wrong user or password. It was tried once, so as not to lock the account.`,
      hint: `Correct source.oracle.user or the password before the next scan, ${CHECK}`,
    }),
  ],
  [
    ['ORA-28000'],
    ({ description, user }) => ({
      code: 'LOCKED',
      exitCode: NOPERM,
      message: `The account ${user} of ${description} is locked.`,
      hint: `Stop the timer, correct the password, and ask the DBA for: ALTER USER ${user} ACCOUNT UNLOCK; ${CHECK}`,
    }),
  ],
  [
    ['ORA-28001'],
    ({ description, user }) => ({
      code: 'EXPIRED',
      exitCode: NOPERM,
      message: `The password of ${user} at ${description} has expired.`,
      hint: `Ask the DBA for a new one, and best for a profile without expiry; store it, ${CHECK}`,
    }),
  ],
  [
    ['ORA-01045'],
    ({ description, user }) => ({
      code: 'PRIVILEGE',
      exitCode: NOPERM,
      message: `The account ${user} may not log in at ${description}.`,
      hint: `Ask the DBA for: GRANT CREATE SESSION TO ${user}; ${CHECK}`,
    }),
  ],
  [
    ['ORA-00942', 'ORA-01031', 'ORA-41900'],
    (situation, fault) => {
      const object = objectOf(situation, fault);
      const named = object ?? 'A table of the query';
      return {
        code: 'PRIVILEGE',
        exitCode: NOPERM,
        message: `${named} does not exist in ${situation.description}, or ${situation.user} may not read it.`,
        hint: `Ask the DBA for: GRANT SELECT ON ${object ?? 'each table of the query'} TO ${situation.user}; ${CHECK}`,
      };
    },
  ],
  [['NJS-123', 'ORA-01013'], ({ description }) => slowRead(description)],
  [['NJS-510', 'ETIMEDOUT'], ({ description }) => slowConnect(description)],
  [
    ['ORA-01555', 'ORA-22924'],
    ({ description }) =>
      unavailable(
        'SNAPSHOT',
        `The read from ${description} took longer than the database keeps old data (ORA-01555); nothing was cleared.`,
        `${NEXT_SCAN} If it happens each time, make the query quicker or ask the DBA for a longer UNDO_RETENTION.`,
      ),
  ],
  [
    ['NJS-138', 'NJS-116'],
    ({ description }, { text }) =>
      unavailable(
        'VERSION',
        `${description} is too old for a connection without an Oracle client: ${text}.`,
        'It must be 12.1 or later; for NJS-116 ask the DBA to set the password of the account again.',
      ),
  ],
  [['NJS-505', 'NJS-506', 'NJS-507', 'NJS-508', 'NJS-529', 'ORA-28759', 'ewallet.pem'], tls],
  [['NJS-512', 'NJS-514', 'NJS-515', 'NJS-516', 'NJS-517', 'NJS-520', 'NJS-522'], wrongAddress],
  [
    [
      'ORA-00257',
      'ORA-01033',
      'ORA-01034',
      'ORA-01035',
      'ORA-01089',
      'ORA-01090',
      'ORA-01092',
      'ORA-00018',
      'ORA-00020',
      'ORA-02391',
      'ORA-12516',
    ],
    busy,
  ],
  [['ORA-12518', 'ORA-12519', 'ORA-12520', 'ORA-12521', 'ORA-12526', 'ORA-12527', 'ORA-12528'], busy],
  [
    ['ECONNREFUSED', 'NJS-511'],
    ({ description }) =>
      unavailable(
        'REFUSED',
        `${description} refuses the connection.`,
        `Check host and port in source.oracle.connectString, and that the listener runs (lsnrctl status); ${CHECK}`,
      ),
  ],
  [['ORA-00600', 'ORA-00603'], failed],
  [['NJS-500', 'NJS-501', 'NJS-521', 'NJS-003', 'ECONNRESET', 'EPIPE', 'ORA-03113', 'ORA-03114'], dropped],
  [
    ['NJS-503', 'EHOSTUNREACH', 'ENETUNREACH'],
    ({ description }, { text }) =>
      unavailable(
        'UNREACHABLE',
        `${description} can not be reached: ${text}.`,
        `Check host and port in source.oracle.connectString and the network, ${CHECK}`,
      ),
  ],
];

export function closedEarly(description: string): Told {
  return unavailable(
    'LOST',
    `${description} closed the connection before the logon was done.`,
    `Check the port in source.oracle.connectString, and whether it must begin with tcps://; ${CHECK}`,
  );
}

export function slowConnect(description: string): Told {
  return unavailable(
    'CONNECT_TIMEOUT',
    `${description} did not answer in time (source.oracle.connectTimeout).`,
    `Check host and port in source.oracle.connectString, and the firewall between; ${CHECK}`,
  );
}

export function slowRead(description: string): Told {
  return unavailable(
    'READ_TIMEOUT',
    `The read from ${description} took longer than source.oracle.callTimeout; nothing was cleared.`,
    `${NEXT_SCAN} If it happens each time, raise callTimeout, or have the DBA look at the query's plan.`,
  );
}

export function wrongSql({ description, statement }: Situation, { text, offset }: Fault): Told {
  const sql = statement?.text ?? null;
  const where = sql === null || offset === undefined ? '' : `, ${placeIn(sql, offset)}`;
  return {
    code: 'QUERY',
    exitCode: CONFIG,
    message: `${description} does not understand ${statement?.name ?? 'the query'}${where}: ${text}.`,
    hint: `Correct the query (source.oracle.query), ${CHECK}`,
  };
}

/** The table that is missing: newer servers name it, older ones point at it. */
function objectOf({ statement }: Situation, { text, offset }: Fault): string | null {
  const named = /"([\w$#]+)"\."([\w$#]+)"/.exec(text);
  if (named) return `${named[1]}.${named[2]}`;
  const sql = statement?.text ?? null;
  return sql === null || offset === undefined ? null : wordAt(sql, offset);
}
