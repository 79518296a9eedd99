import type { Bind, Connection, ConnectionAttributes } from 'oracledb';
import type { OracleConfig } from '../../config/config.ts';
import type { Io } from '../../io.ts';
import type { Log } from '../../terminal/log.ts';
import { describeAddress } from './address.ts';
import type { BindValues } from './binds.ts';
import { explain, explainLogon, isDropped } from './errors.ts';
import type { Ran, Situation } from './failures.ts';
import { readPassword } from './password.ts';
import { Session } from './session.ts';

export interface Surroundings {
  readonly env: Io['env'];
  readonly log: Pick<Log, 'warn'>;
}

/** With the days that are left, and without. */
const PASSWORD_EXPIRES_SOON: readonly unknown[] = [28002, 28011];
/** Minutes between keep-alives, so that no firewall forgets a connection whose query runs long. */
const KEEP_ALIVE = 1;

/** Nothing can be written; a number has a point, and a year is counted as ours, whatever the server's territory is. */
const PREPARATION = [
  'SET TRANSACTION READ ONLY',
  "ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,' NLS_CALENDAR = 'GREGORIAN'",
];

/** The configured database: sessions in it, and its failures in the operator's words. */
export class Database {
  readonly description: string;
  readonly #oracle: OracleConfig;
  readonly #surroundings: Surroundings;
  #isExpiryTold = false;

  constructor(oracle: OracleConfig, surroundings: Surroundings) {
    this.description = describeAddress(oracle.connectString ?? '');
    this.#oracle = oracle;
    this.#surroundings = surroundings;
  }

  /** Milliseconds that connecting and reading may take together. */
  get patience(): number {
    return this.#oracle.connectTimeout + this.#oracle.callTimeout;
  }

  /**
   * Gives `use` a session of at most `ms` and closes it whatever happens. Throws RcError; or the driver's error where
   * the connection was lost after the logon.
   */
  async *session<T>(
    use: (session: Session) => AsyncIterable<T>,
    ms: number,
    signal: AbortSignal,
  ): AsyncGenerator<T> {
    const session = await this.#logOn(ms, signal);
    try {
      for (const text of PREPARATION) {
        await this.run(session, { name: text, text }, (connection) => connection.execute(text));
      }
      yield* use(session);
    } finally {
      await session.close();
    }
  }

  /** One call. Throws like `session`. */
  async run<T>(session: Session, statement: Ran, make: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await session.call(make);
    } catch (thrown) {
      throw isDropped(thrown) ? thrown : this.explain(thrown, statement);
    }
  }

  explain(thrown: unknown, statement: Ran | null = null): Error {
    return explain(thrown, this.#situation(statement));
  }

  #situation(statement: Ran | null): Situation {
    return { description: this.description, user: this.#oracle.user ?? '', statement };
  }

  async #logOn(ms: number, signal: AbortSignal): Promise<Session> {
    const { connectTimeout, callTimeout, passwordFile } = this.#oracle;
    const endsAt = performance.now() + ms;
    const password = await readPassword(passwordFile, this.#surroundings.env);
    try {
      const session = await Session.open(this.#attributes(password), this.description, {
        connectTimeout: Math.min(connectTimeout, ms),
        callTimeout,
        endsAt,
        signal,
      });
      this.#warnOfExpiry(session.warning);
      return session;
    } catch (thrown) {
      throw explainLogon(thrown, this.#situation(null));
    }
  }

  #attributes(password: string): ConnectionAttributes {
    const { connectString, user, configDir, walletDirectory } = this.#oracle;
    return {
      user: user ?? '',
      password,
      connectString: connectString ?? '',
      expireTime: KEEP_ALIVE,
      ...(configDir === null ? {} : { configDir }),
      ...(walletDirectory === null ? {} : { walletLocation: walletDirectory }),
    };
  }

  #warnOfExpiry(warning: Connection['warning']): void {
    if (warning === undefined || !PASSWORD_EXPIRES_SOON.includes(warning.errorNum) || this.#isExpiryTold)
      return;
    this.#isExpiryTold = true;
    const days = /(\d+) days?/i.exec(warning.message)?.[1];
    const when = days === undefined ? 'soon' : `in ${days} days`;
    this.#surroundings.log.warn(
      `The password of ${this.#oracle.user} at ${this.description} expires ${when}: ask the DBA for a new one and store it.`,
      { code: 'ERR_RC_ORACLE_EXPIRES' },
    );
  }
}

/**
 * Text binds as CHAR, which compares like a literal in the query's text: trailing blanks of a CHAR column do not count.
 */
export async function toDriver(values: BindValues): Promise<Record<string, Bind>> {
  const { default: oracledb } = await import('oracledb');
  return Object.fromEntries(
    Object.entries(values).map(([name, val]) => [
      name,
      typeof val === 'number' ? val : { type: oracledb.DB_TYPE_CHAR, val },
    ]),
  );
}
