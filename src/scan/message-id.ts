/** Random bytes, as `crypto.randomBytes` gives them. */
export type RandomBytes = (count: number) => Uint8Array;

/** An id in the form WhatsApp's own clients use: `3EB0` and upper-case hex. */
export function newMessageId(randomBytes: RandomBytes): string {
  return `3EB0${Buffer.from(randomBytes(9)).toString('hex').toUpperCase()}`;
}
