import type { Connection, ConnectionAttributes } from 'oracledb';
import { connectTimeout, readTimeout, stopped } from './errors.ts';
import { limited } from './limit.ts';
import { Sockets } from './sockets.ts';

export interface SessionLimits {
  /** Milliseconds for connection and logon together. */
  readonly connectTimeout: number;
  /** Milliseconds, from the logon on, for all calls together. */
  readonly callTimeout: number;
  /** When all of it must be over, by performance.now(). */
  readonly endsAt: number;
  readonly signal: AbortSignal;
}

const CLOSE_TIMEOUT = 5000;

/**
 * One stand-alone connection (a pool would try a wrong password until the account is locked), with a clock of its own
 * around everything: the driver's do not cover the logon, nor a server that has fallen silent.
 */
export class Session {
  readonly #description: string;
  readonly #connection: Connection;
  readonly #sockets: Sockets;
  readonly #signal: AbortSignal;
  readonly #endsAt: number;
  /** The call that has no answer yet: a break that is sent to an idle server confuses it. */
  #pending: Promise<void> | null = null;

  /** Throws the driver's error, or RcError 69 where there is no answer in time or the signal is aborted. */
  static async open(
    attributes: ConnectionAttributes,
    description: string,
    limits: SessionLimits,
  ): Promise<Session> {
    const sockets = new Sockets();
    const { default: oracledb } = await import('oracledb');
    try {
      const connecting = sockets.keep(() => oracledb.getConnection(attributes));
      const connection = await limited(connecting, {
        ms: limits.connectTimeout,
        late: () => connectTimeout(description),
        signal: limits.signal,
        stopped: () => stopped(description),
      });
      return new Session(connection, description, sockets, limits);
    } catch (thrown) {
      sockets.cut();
      throw thrown;
    }
  }

  private constructor(
    connection: Connection,
    description: string,
    sockets: Sockets,
    { callTimeout, endsAt, signal }: SessionLimits,
  ) {
    this.#connection = connection;
    this.#description = description;
    this.#sockets = sockets;
    this.#signal = signal;
    this.#endsAt = Math.min(performance.now() + callTimeout, endsAt);
  }

  /** What the server had to say at the logon, such as ORA-28002. */
  get warning(): Connection['warning'] {
    return this.#connection.warning;
  }

  /** One call. Throws the driver's error, or RcError 69 where the time for all of them is up or the signal is aborted. */
  async call<T>(make: (connection: Connection) => Promise<T>): Promise<T> {
    const pending = make(this.#connection);
    const answered = () => {
      this.#pending = null;
    };
    this.#pending = pending.then(answered, answered);
    return limited(pending, {
      ms: this.#endsAt - performance.now(),
      late: () => readTimeout(this.#description),
      signal: this.#signal,
      stopped: () => stopped(this.#description),
    });
  }

  /** Ends a call that is still running, then the session; after 5 s the connection is cut. Never throws. */
  async close(): Promise<void> {
    try {
      await limited(this.#logOff(), { ms: CLOSE_TIMEOUT, late: () => new Error('no answer') });
    } catch {
      // Whoever does not answer is cut off.
    } finally {
      this.#sockets.cut();
    }
  }

  async #logOff(): Promise<void> {
    if (this.#pending !== null) {
      await this.#connection.breakExecution();
      await this.#pending;
    }
    await this.#connection.close();
  }
}
