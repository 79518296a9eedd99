import type { Socket } from 'node:net';
import type { MessageReader } from './buffers.ts';
import * as c from './constants.ts';
import { Cursor } from './cursor.ts';
import { Logon, type Verifier } from './logon.ts';
import { dataTypesReply, protocolReply } from './negotiate.ts';
import { logonReply, statusReply } from './replies.ts';
import { readBinds, readExecute, readFunction, readPiggyback } from './request.ts';
import type { Answer, Binds, OracleError, Statement } from './types.ts';
import { type Listener, Wire } from './wire.ts';

/** What the sessions of one stand-in share. */
export interface Server extends Listener {
  user: string;
  verifier: Verifier;
  logonWarning: OracleError | undefined;
  answer: (sql: string, binds: Binds) => Answer;
  statements: Statement[];
  loggedOn(session: Session): void;
  loggedOff(session: Session): void;
  logonFailed(): void;
}

/** One connection: from CONNECT to the end of the socket, one call after the other. */
export class Session {
  readonly #server: Server;
  readonly #wire: Wire;
  readonly #cursors = new Map<number, Cursor>();
  readonly #logon: Logon;
  #inTransaction = false;
  #cursorCount = 0;

  constructor(server: Server, socket: Socket) {
    this.#server = server;
    this.#logon = new Logon(server.verifier);
    this.#wire = new Wire(server, socket, (message) => this.#onMessage(message));
    socket.on('close', () => this.#end());
  }

  #end(): void {
    for (const cursor of this.#cursors.values()) cursor.close();
    this.#cursors.clear();
    this.#server.loggedOff(this);
  }

  #onMessage(request: MessageReader): void {
    let type = request.uint8();
    while (type === c.TNS_MSG_TYPE_PIGGYBACK) {
      for (const id of readPiggyback(request, this.#server.release)) this.#closeCursor(id);
      type = request.uint8();
    }
    if (type === c.TNS_MSG_TYPE_FAST_AUTH) this.#onFastAuth(request);
    else if (type === c.TNS_MSG_TYPE_PROTOCOL) this.#wire.send(protocolReply(this.#server.release));
    else if (type === c.TNS_MSG_TYPE_DATA_TYPES) this.#wire.send(dataTypesReply(request));
    else if (type === c.TNS_MSG_TYPE_FUNCTION) this.#onFunction(request);
    else throw new Error(`message type ${type}`);
  }

  /** Protocol, data types and the first phase of the logon in one message, and in one reply. */
  #onFastAuth(request: MessageReader): void {
    const { release } = this.#server;
    request.skip(6); // version, flags, message type, protocol version, terminator
    while (request.uint8() !== 0); // name of the driver
    request.skip(7); // character sets, field version, message type
    const dataTypes = dataTypesReply(request);
    this.#wire.send(Buffer.concat([protocolReply(release), dataTypes, this.#challenge()]));
  }

  #challenge(): Buffer {
    return logonReply(this.#server.release, this.#logon.challenge);
  }

  #onFunction(request: MessageReader): void {
    const code = readFunction(request, this.#server.release);
    switch (code) {
      case c.TNS_FUNC_AUTH_PHASE_ONE:
        this.#wire.send(this.#challenge());
        break;
      case c.TNS_FUNC_AUTH_PHASE_TWO:
        this.#onProof(request);
        break;
      case c.TNS_FUNC_EXECUTE:
        this.#onExecute(request);
        break;
      case c.TNS_FUNC_REEXECUTE:
        this.#onReexecute(request, false);
        break;
      case c.TNS_FUNC_REEXECUTE_AND_FETCH:
        this.#onReexecute(request, true);
        break;
      case c.TNS_FUNC_FETCH:
        this.#sendRows(this.#cursor(request.ub()), false, request.ub());
        break;
      case c.TNS_FUNC_COMMIT:
      case c.TNS_FUNC_ROLLBACK:
        this.#inTransaction = false;
        this.#wire.send(statusReply(this.#callStatus));
        break;
      case c.TNS_FUNC_PING:
        this.#wire.send(statusReply(this.#callStatus));
        break;
      case c.TNS_FUNC_LOGOFF:
        this.#onLogoff();
        break;
      default:
        throw new Error(`function ${code}`);
    }
  }

  #onProof(request: MessageReader): void {
    const { user, pairs } = readProof(request);
    const known = user.toUpperCase() === this.#server.user.toUpperCase();
    const proof = known ? this.#logon.proof(pairs) : undefined;
    if (proof === undefined) {
      this.#server.logonFailed();
      this.#wire.fail({ code: 1017, message: 'invalid username/password; logon denied' });
      return;
    }
    this.#wire.answer(this.#server.faults.strike('logon'), () => {
      this.#server.loggedOn(this);
      const { release, logonWarning } = this.#server;
      this.#wire.send(
        logonReply(release, { ...sessionData(this.#server), AUTH_SVR_RESPONSE: proof }, logonWarning),
      );
    });
  }

  #onExecute(request: MessageReader): void {
    const { options, cursorId, sql, rows, isQuery, bindTypes } = readExecute(request);
    const cursor = sql === '' ? this.#cursor(cursorId) : this.#parse(sql, isQuery);
    cursor.bindTypes = bindTypes;
    const binds = readBinds(request, cursor.sql, bindTypes);
    const count = options & c.TNS_EXEC_OPTION_FETCH ? rows : 0;
    if (options & c.TNS_EXEC_OPTION_EXECUTE) this.#execute(cursor, binds, sql !== '', count);
    else if (cursor.isQuery) this.#openAndSend(cursor, {}, true, 0);
    else this.#sendRows(cursor, false, 0);
  }

  #onReexecute(request: MessageReader, fetches: boolean): void {
    const cursor = this.#cursor(request.ub());
    const rows = request.ub();
    request.ub();
    request.ub();
    this.#execute(cursor, readBinds(request, cursor.sql, cursor.bindTypes), false, fetches ? rows : 0);
  }

  #execute(cursor: Cursor, binds: Binds, describe: boolean, count: number): void {
    this.#server.statements.push({ sql: cursor.sql, binds });
    if (cursor.isQuery) {
      const fault = this.#server.faults.strike('execute', cursor.sql);
      this.#wire.answer(fault, () => this.#openAndSend(cursor, binds, describe, count), cursor.id);
    } else {
      if (/^\s*set\s+transaction\b/i.test(cursor.sql)) this.#inTransaction = true;
      this.#sendRows(cursor, false, 0);
    }
  }

  #openAndSend(cursor: Cursor, binds: Binds, describe: boolean, count: number): void {
    const answer = this.#server.answer(cursor.sql, binds);
    if ('error' in answer) {
      this.#wire.fail(answer.error, cursor.id);
    } else {
      cursor.open(answer.columns, answer.rows);
      this.#sendRows(cursor, describe, count);
    }
  }

  /** A fault among the rows leaves the client with those before it. */
  #sendRows(cursor: Cursor, describe: boolean, count: number): void {
    const { message, fault } = cursor.reply(describe, count, this.#callStatus, this.#server.faults);
    if (fault === undefined || fault.do === 'error' || fault.do === 'slow') {
      this.#wire.answer(fault?.do === 'slow' ? fault : undefined, () => this.#wire.send(message));
    } else {
      this.#wire.sendBeginning(message);
      this.#wire.answer(fault, () => {});
    }
  }

  #onLogoff(): void {
    this.#wire.answer(this.#server.faults.strike('close'), () => {
      this.#server.loggedOff(this);
      this.#wire.send(statusReply(0));
    });
  }

  #parse(sql: string, isQuery: boolean): Cursor {
    this.#cursorCount += 1;
    const cursor = new Cursor(this.#server.release, this.#cursorCount, sql, isQuery);
    this.#cursors.set(cursor.id, cursor);
    return cursor;
  }

  #cursor(id: number): Cursor {
    const cursor = this.#cursors.get(id);
    if (!cursor) throw new Error(`cursor ${id}`);
    return cursor;
  }

  #closeCursor(id: number): void {
    this.#cursors.get(id)?.close();
    this.#cursors.delete(id);
  }

  get #callStatus(): number {
    return this.#inTransaction ? c.TNS_EOCS_FLAGS_TXN_IN_PROGRESS : 0;
  }
}

function readProof(request: MessageReader): { user: string; pairs: Map<string, string> } {
  const named = request.uint8() === 1;
  request.ub();
  request.ub(); // mode
  request.skip(1);
  const count = request.ub();
  request.skip(2);
  const user = named ? request.text() : '';
  return { user, pairs: new Map(Array.from({ length: count }, () => request.keyValue())) };
}

/** What a client is told of the database once it is logged on. */
function sessionData({ release, serviceName }: Server): Record<string, string> {
  return {
    AUTH_VERSION_NO: String(release.versionNumber),
    AUTH_SC_SERVICE_NAME: serviceName,
    AUTH_DBNAME: 'STANDIN',
    AUTH_INSTANCENAME: 'standin',
    AUTH_MAX_OPEN_CURSORS: '300',
  };
}
