import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Faults } from './faults.ts';
import { makeVerifier } from './logon.ts';
import { RELEASES } from './release.ts';
import { type Server, Session } from './session.ts';
import type { OracleOptions, OracleStandIn, Statement } from './types.ts';

export type * from './types.ts';

/** Starts a database on a free port of 127.0.0.1. */
export async function startOracle(options: OracleOptions): Promise<OracleStandIn> {
  const { serviceName = 'STANDIN', user = 'reader', password = 'correct horse', sdu = 8192 } = options;
  const statements: Statement[] = [];
  const sessions = new Set<Session>();
  const sockets = new Set<Socket>();
  let logons = 0;
  let failedLogons = 0;
  const shared: Server = {
    release: RELEASES[options.release ?? '19c'],
    serviceName,
    user,
    verifier: makeVerifier(password),
    sdu,
    faults: new Faults(options.faults ?? []),
    logonWarning: options.logonWarning,
    answer: options.answer,
    statements,
    loggedOn(session) {
      logons += 1;
      sessions.add(session);
    },
    loggedOff: (session) => sessions.delete(session),
    logonFailed() {
      failedLogons += 1;
    },
  };
  const accept = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    new Session(shared, socket);
  };
  const { tls } = options;
  const listener =
    tls === undefined
      ? createServer(accept)
      : createTlsServer({ ...tls, requestCert: tls.ca !== undefined }, accept);
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', resolve);
  });
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  return {
    port,
    connectString: `${tls === undefined ? '' : 'tcps://'}127.0.0.1:${port}/${serviceName}`,
    user,
    password,
    statements,
    get openSessions() {
      return sessions.size;
    },
    get logons() {
      return logons;
    },
    get failedLogons() {
      return failedLogons;
    },
    get openConnections() {
      return sockets.size;
    },
    async close() {
      await Promise.all([...sockets].map(destroyed));
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

async function destroyed(socket: Socket): Promise<void> {
  await new Promise((resolve) => socket.once('close', resolve).destroy());
}
