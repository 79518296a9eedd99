import * as c from './constants.ts';

/** Reads one whole TTC message. Reading beyond its end throws a RangeError. */
export class MessageReader {
  #at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  uint16BE(): number {
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  skip(count: number): void {
    this.#at += count;
  }

  bytes(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new RangeError('the message ends too early');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** An integer of variable length: a byte with the number of bytes, then the bytes. */
  ub(): number {
    const size = this.uint8();
    if (size === 0) return 0;
    if (size > 8) throw new RangeError(`an integer of ${size} bytes can not be`);
    return Number(BigInt(`0x${this.bytes(size).toString('hex')}`));
  }

  /** Bytes behind their length; null if the length says so. Long ones come in chunks. */
  bytesWithLength(): Buffer | null {
    const length = this.uint8();
    if (length === 0 || length === c.TNS_NULL_LENGTH_INDICATOR) return null;
    if (length !== c.TNS_LONG_LENGTH_INDICATOR) return this.bytes(length);
    const chunks: Buffer[] = [];
    for (let size = this.ub(); size > 0; size = this.ub()) chunks.push(this.bytes(size));
    return Buffer.concat(chunks);
  }

  text(): string {
    return this.bytesWithLength()?.toString() ?? '';
  }

  /** Key and value as in the logon messages. */
  keyValue(): [string, string] {
    this.ub();
    const key = this.text();
    const value = this.ub() > 0 ? this.text() : '';
    this.ub();
    return [key, value];
  }
}

/** Writes one TTC message into a buffer that grows. */
export class MessageWriter {
  #bytes: Buffer = Buffer.allocUnsafe(4096);
  #at = 0;

  /** What has been written; valid until the next write. */
  get message(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  uint8(...values: number[]): this {
    this.#reserve(values.length);
    for (const value of values) this.#bytes[this.#at++] = value;
    return this;
  }

  uint16BE(value: number): this {
    return this.uint8(value >> 8, value & 0xff);
  }

  uint16LE(value: number): this {
    return this.uint8(value & 0xff, value >> 8);
  }

  /** Unsigned integers of variable length, 48 bits at most. */
  ub(...values: number[]): this {
    for (const value of values) {
      const size = value === 0 ? 0 : value <= 0xff ? 1 : value <= 0xffff ? 2 : value <= 0xffffffff ? 4 : 6;
      this.uint8(size);
      this.#reserve(size);
      if (size > 0) this.#at = this.#bytes.writeUIntBE(value, this.#at, size);
    }
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  /** Length, then bytes; more than TNS_MAX_SHORT_LENGTH bytes go in chunks. */
  bytesWithLength(value: Uint8Array): this {
    if (value.length <= c.TNS_MAX_SHORT_LENGTH) return this.uint8(value.length).bytes(value);
    this.uint8(c.TNS_LONG_LENGTH_INDICATOR);
    for (let from = 0; from < value.length; from += c.TNS_CHUNK_SIZE) {
      const chunk = value.subarray(from, from + c.TNS_CHUNK_SIZE);
      this.ub(chunk.length).bytes(chunk);
    }
    return this.ub(0);
  }

  text(value: string): this {
    if (value.length * 3 > c.TNS_MAX_SHORT_LENGTH) return this.bytesWithLength(Buffer.from(value));
    this.#reserve(1 + value.length * 3);
    const length = this.#bytes.write(value, this.#at + 1);
    this.#bytes[this.#at] = length;
    this.#at += 1 + length;
    return this;
  }

  /** Length in bytes as an integer, then the text with its own length, unless empty. */
  sizedText(value: string): this {
    this.ub(Buffer.byteLength(value));
    return value === '' ? this : this.text(value);
  }

  keyValue(key: string, value: string, flags = 0): this {
    return this.sizedText(key).sizedText(value).ub(flags);
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + count));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
