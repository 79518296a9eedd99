import type { MessageReader } from './buffers.ts';
import { MessageWriter } from './buffers.ts';
import * as c from './constants.ts';
import type { Release } from './release.ts';

/** What the server says of itself: AL32UTF8, AL16UTF16, its TTC fields, strings of 32k, zone in the type negotiation. */
export function protocolReply(release: Release): Buffer {
  const compileCaps = Buffer.alloc(c.TNS_CCAP_MAX);
  compileCaps[c.TNS_CCAP_FIELD_VERSION] = release.fieldVersion;
  const runtimeCaps = Buffer.alloc(c.TNS_RCAP_MAX);
  runtimeCaps[c.TNS_RCAP_COMPAT] = c.TNS_RCAP_COMPAT_81;
  runtimeCaps[c.TNS_RCAP_TZ] = c.TNS_RCAP_TZ_EX;
  runtimeCaps[c.TNS_RCAP_TTC] = c.TNS_RCAP_TTC_32K;
  const fdo = Buffer.alloc(11);
  fdo.writeUInt16BE(c.TNS_CHARSET_UTF16, 9);
  return new MessageWriter()
    .uint8(c.TNS_MSG_TYPE_PROTOCOL, 6, 0)
    .bytes(Buffer.from('x86_64/Linux 2.4.xx\0'))
    .uint16LE(c.TNS_CHARSET_UTF8)
    .uint8(0)
    .uint16LE(0)
    .uint16BE(fdo.length)
    .bytes(fdo)
    .bytesWithLength(compileCaps)
    .bytesWithLength(runtimeCaps).message;
}

/** Agrees to every data type the client knows. The database's own zone (DBTIMEZONE) is +00:00. */
export function dataTypesReply(request: MessageReader): Buffer {
  request.skip(5);
  request.bytesWithLength();
  const runtimeCaps = request.bytesWithLength();
  const out = new MessageWriter().uint8(c.TNS_MSG_TYPE_DATA_TYPES);
  if (runtimeCaps?.[c.TNS_RCAP_TZ] === c.TNS_RCAP_TZ_EX) {
    request.skip(11);
    const zone = Buffer.alloc(11);
    zone.writeUInt32BE(c.TNS_DURATION_MID);
    zone.fill(c.TNS_DURATION_OFFSET, 4, 7);
    zone.writeUInt32BE(c.TNS_DURATION_MID, 7);
    out.bytes(zone);
  }
  for (let type = request.uint16BE(); type !== 0; type = request.uint16BE()) {
    out.uint16BE(type);
    const converted = request.uint16BE();
    out.uint16BE(converted);
    if (converted !== 0) out.bytes(request.bytes(4));
  }
  return out.uint16BE(0).message;
}
