import * as c from './constants.ts';
import { packet } from './packet.ts';
import type { Release } from './release.ts';

export interface ConnectRequest {
  /** Length the connect data has; more than `data` holds when it follows in a data packet. */
  length: number;
  data: string;
  sdu: number;
  tdu: number;
}

export function readConnect(bytes: Buffer): ConnectRequest {
  return {
    length: bytes.readUInt16BE(c.NSPCNLEN),
    data: bytes.toString('ascii', bytes.readUInt16BE(c.NSPCNOFF)),
    sdu: bytes.readUInt32BE(c.NSPCNLSD),
    tdu: bytes.readUInt32BE(c.NSPCNLTD),
  };
}

/** The listener's verdict on the connect data: the number of the error, or undefined if it knows the service. */
export function unknownService(connectData: string, serviceName: string): number | undefined {
  const sid = /\(\s*SID\s*=\s*([^)]*)\)/i.exec(connectData);
  if (sid) return c.TNS_ERR_INVALID_SID;
  const service = /\(\s*SERVICE_NAME\s*=\s*([^)]*)\)/i.exec(connectData)?.[1]?.trim();
  return service?.toLowerCase() === serviceName.toLowerCase() ? undefined : c.TNS_ERR_INVALID_SERVICE_NAME;
}

/** ACCEPT, with or without a negotiation of native network encryption to follow. */
export function acceptPacket(release: Release, sdu: number, tdu: number, negotiates: boolean): Buffer {
  const out = packet(c.NSPTAC, Buffer.alloc(37), false);
  out.writeUInt16BE(release.protocolVersion, c.NSPACVSN);
  out.writeUInt16BE(Math.min(sdu, c.NSPMXSDULN), c.NSPACSDU);
  out.writeUInt16BE(Math.min(tdu, c.NSPMXSDULN), c.NSPACTDU);
  out.writeUInt16BE(1, c.NSPACONE);
  out.writeUInt16BE(out.length, c.NSPACOFF);
  out[c.NSPACFL0] = negotiates ? c.NSINAREQUIRED : c.NSINADISABLEDFORCONNECTION;
  out[c.NSPACFL1] = negotiates ? c.NSINAREQUIRED : c.NSINANOSERVICES;
  out.writeUInt32BE(sdu, c.NSPACLSD);
  out.writeUInt32BE(tdu, c.NSPACLTD);
  out.writeUInt32BE(release.acceptFlags, c.NSPACFL2);
  return out;
}

export function refusePacket(code: number): Buffer {
  const reason = `(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=${code})(ERROR_STACK=(ERROR=(CODE=${code})(EMFI=4))))`;
  const out = packet(c.NSPTRF, Buffer.concat([Buffer.alloc(4), Buffer.from(reason, 'ascii')]), false);
  out[c.NSPRFURS] = 0x22;
  out[c.NSPRFSRS] = 0;
  out.writeUInt16BE(reason.length, c.NSPRFLEN);
  return out;
}

/** What the server says when the client offers no encryption it could agree to: one service, and the number of the error. */
export function negotiationFailed(code: number): Buffer {
  const out = Buffer.alloc(21);
  out.writeUInt32BE(c.NA_MAGIC, 0);
  out.writeUInt16BE(out.length, 4);
  out.writeUInt16BE(1, 10); // services
  out.writeUInt16BE(c.NA_ENCRYPTION, 13);
  out.writeUInt32BE(code, 17);
  return out;
}
