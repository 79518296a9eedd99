import * as c from './constants.ts';

/** One packet of Oracle Net. `wide` packets have a 32-bit length (everything after ACCEPT), others a 16-bit one. */
export function packet(type: number, body: Buffer, wide: boolean): Buffer {
  const out = Buffer.alloc(c.NSPSIZHD + body.length);
  if (wide) out.writeUInt32BE(out.length, c.NSPHDLEN);
  else out.writeUInt16BE(out.length, c.NSPHDLEN);
  out[c.NSPHDTYP] = type;
  body.copy(out, c.NSPSIZHD);
  return out;
}

/** A message cut into data packets none of which is longer than `sdu` bytes; the last one has `lastFlags`. */
export function dataPackets(message: Buffer, sdu: number, lastFlags: number): Buffer {
  const room = sdu - c.NSPDADAT;
  const count = Math.max(1, Math.ceil(message.length / room));
  const out = Buffer.alloc(message.length + count * c.NSPDADAT);
  let to = 0;
  for (let from = 0, i = 0; i < count; i++, from += room) {
    const length = Math.min(room, message.length - from);
    out.writeUInt32BE(length + c.NSPDADAT, to);
    out[to + c.NSPHDTYP] = c.NSPTDA;
    if (i === count - 1) out.writeUInt16BE(lastFlags, to + c.NSPDAFLG);
    message.copy(out, to + c.NSPDADAT, from, from + length);
    to += length + c.NSPDADAT;
  }
  return out;
}

/** A break or reset marker. */
export function markerPacket(data: number): Buffer {
  return packet(c.NSPTMK, Buffer.from([c.NSPMKTD1, 0, data]), true);
}

/** Cuts the client's bytes into packets, however the network has cut them. */
export class PacketSplitter {
  wide = false;
  #rest: Buffer = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<Buffer> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= c.NSPSIZHD) {
      const length = this.wide ? this.#rest.readUInt32BE(c.NSPHDLEN) : this.#rest.readUInt16BE(c.NSPHDLEN);
      if (length < c.NSPSIZHD) throw new Error(`a packet of ${length} bytes can not be`);
      if (length > this.#rest.length) return;
      const whole = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      yield whole;
    }
  }
}
