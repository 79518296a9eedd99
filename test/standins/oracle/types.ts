/** A column of an answer. `size` is in bytes (CHAR is padded to it), `scale` of a timestamp is its digits of a second. */
export interface Column {
  name: string;
  type:
    | 'VARCHAR2'
    | 'CHAR'
    | 'NUMBER'
    | 'DATE'
    | 'TIMESTAMP'
    | 'TIMESTAMP WITH TIME ZONE'
    | 'TIMESTAMP WITH LOCAL TIME ZONE';
  size?: number;
  precision?: number;
  scale?: number;
}

/**
 * NUMBER: decimal text (exact) or a number. DATE and TIMESTAMP: wall clock text, `2026-03-01 23:30:00[.123456789]`.
 * The two with a zone: the same with `Z` or `+06:00` behind it. The empty string is NULL, as in Oracle.
 */
export type Value = string | number | null;
export type Row = readonly Value[];

/** Strings as sent, numbers as numbers where they fit, dates as wall clock text; keyed by the name in the SQL text. */
export type Binds = Record<string, string | number | null>;

/** `offset` is the place in the SQL text, from 0. */
export interface OracleError {
  code: number;
  message: string;
  offset?: number;
}

export type Answer = { columns: readonly Column[]; rows: Iterable<Row> } | { error: OracleError };

/**
 * - `refuse` (connect only): REFUSE with the code of `error`, 12520 if none is given.
 * - `hang`: not a byte more, whatever the client does.
 * - `busy`: the same, but a break is answered with ORA-01013 and the session lives on.
 * - `cut`: the socket is closed.
 * - `error`: the given ORA error; at `connect`, in the negotiation of native network encryption behind the ACCEPT.
 * - `slow`: the answer comes `delayMs` later.
 *
 * `execute` strikes at queries only, and not when they are merely parsed (`getStatementInfo`).
 * `fetch` strikes when more than `afterRows` rows (0 if absent) of a query are wanted: the rows before it are sent.
 * `sql` leaves queries alone whose text it does not match.
 * `times` limits how often the fault strikes; without it, always.
 */
export interface Fault {
  at: 'connect' | 'logon' | 'execute' | 'fetch' | 'close';
  do: 'refuse' | 'hang' | 'busy' | 'cut' | 'error' | 'slow';
  error?: OracleError;
  afterRows?: number;
  delayMs?: number;
  sql?: RegExp;
  times?: number;
}

export interface OracleOptions {
  /** `19c` (the default): a logon of four round trips. `23ai`: fast authentication, responses with a sign of their end. */
  release?: '19c' | '23ai';
  serviceName?: string;
  user?: string;
  password?: string;
  /** Asked for every query (SELECT or WITH), merely parsed ones too, without binds; other statements succeed. */
  answer: (sql: string, binds: Binds) => Answer;
  faults?: Fault[];
  /** The largest packet the stand-in agrees to, 512-65535 bytes; the driver asks for 8192 unless told otherwise. */
  sdu?: number;
  /** TCPS: key and certificate in PEM, and whose certificates the client must show one of. */
  tls?: { key: string; cert: string; ca?: string };
  /** Told at logon, as ORA-28002 is when a password expires soon. */
  logonWarning?: OracleError;
}

export interface Statement {
  sql: string;
  binds: Binds;
}

export interface OracleStandIn {
  readonly port: number;
  /** `127.0.0.1:port/service`, after `tcps://` where it is */
  readonly connectString: string;
  readonly user: string;
  readonly password: string;
  /** Every statement executed, in order, queries and others; not those merely parsed. */
  readonly statements: Statement[];
  /** Sessions logged on and neither logged off nor disconnected. */
  readonly openSessions: number;
  /** Logons that succeeded, and those refused for a wrong name or password. */
  readonly logons: number;
  readonly failedLogons: number;
  /** TCP connections that are open. */
  readonly openConnections: number;
  close(): Promise<void>;
}
