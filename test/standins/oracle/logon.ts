import {
  createCipheriv,
  createDecipheriv,
  createHash,
  pbkdf2Sync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

const VGEN_COUNT = 4096;
const SDER_COUNT = 3;
const SALT_BYTES = 16;
const KEY_BYTES = 32;

/** What the database keeps of a password: the 12c verifier. The password can not be had from it. */
export interface Verifier {
  salt: Buffer;
  hash: Buffer;
}

export function makeVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES)): Verifier {
  const speedySalt = Buffer.concat([salt, Buffer.from('AUTH_PBKDF2_SPEEDY_KEY')]);
  const key = pbkdf2Sync(password, speedySalt, VGEN_COUNT, 64, 'sha512');
  return { salt, hash: hashOfKey(key, salt) };
}

/** The server's half of O5LOGON for one session. */
export class Logon {
  readonly #verifier: Verifier;
  readonly #mixingSalt = randomBytes(SALT_BYTES);
  readonly #serverKey = randomBytes(KEY_BYTES);

  constructor(verifier: Verifier) {
    this.#verifier = verifier;
  }

  /** The challenge of phase one. */
  get challenge(): Record<
    | 'AUTH_SESSKEY'
    | 'AUTH_VFR_DATA'
    | 'AUTH_PBKDF2_CSK_SALT'
    | 'AUTH_PBKDF2_VGEN_COUNT'
    | 'AUTH_PBKDF2_SDER_COUNT',
    string
  > {
    return {
      AUTH_SESSKEY: hex(encrypt(this.#sharedKey, this.#serverKey, false)),
      AUTH_VFR_DATA: hex(this.#verifier.salt),
      AUTH_PBKDF2_CSK_SALT: hex(this.#mixingSalt),
      AUTH_PBKDF2_VGEN_COUNT: String(VGEN_COUNT),
      AUTH_PBKDF2_SDER_COUNT: String(SDER_COUNT),
    };
  }

  /** AUTH_SVR_RESPONSE if the client has proved in phase two that it knows the password, else undefined. */
  proof(answer: ReadonlyMap<string, string>): string | undefined {
    const clientKey = decrypt(this.#sharedKey, fromHex(answer.get('AUTH_SESSKEY')));
    const both = hex(Buffer.concat([clientKey.subarray(0, KEY_BYTES), this.#serverKey]));
    const comboKey = pbkdf2Sync(both, this.#mixingSalt, SDER_COUNT, KEY_BYTES, 'sha512');
    const speedyKey = decrypt(comboKey, fromHex(answer.get('AUTH_PBKDF2_SPEEDY_KEY'))).subarray(SALT_BYTES);
    const password = withoutPadding(decrypt(comboKey, fromHex(answer.get('AUTH_PASSWORD'))));
    const { salt, hash } = this.#verifier;
    const proved =
      timingSafeEqual(hashOfKey(speedyKey, salt), hash) &&
      timingSafeEqual(makeVerifier(password.toString(), salt).hash, hash);
    if (!proved) return undefined;
    const response = Buffer.concat([randomBytes(SALT_BYTES), Buffer.from('SERVER_TO_CLIENT')]);
    return hex(encrypt(comboKey, response, true));
  }

  get #sharedKey(): Buffer {
    return this.#verifier.hash.subarray(0, KEY_BYTES);
  }
}

function hashOfKey(key: Buffer, salt: Buffer): Buffer {
  return createHash('sha512').update(key).update(salt).digest();
}

function encrypt(key: Buffer, plain: Buffer, padding: boolean): Buffer {
  const cipher = createCipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(padding);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

function decrypt(key: Buffer, secret: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false);
  return Buffer.concat([decipher.update(secret), decipher.final()]);
}

/** The client's random salt before the password and the padding behind it, taken off. */
function withoutPadding(plain: Buffer): Buffer {
  return plain.subarray(SALT_BYTES, Math.max(SALT_BYTES, plain.length - (plain.at(-1) ?? 0)));
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex').toUpperCase();
}

function fromHex(text: string | undefined): Buffer {
  return Buffer.from(text ?? '', 'hex');
}
