/** How a device that is not linked becomes one: by QR, or by a code typed into the phone. */
import { Model } from './models.js';
import { storeDevice } from './storage.js';
import { connect, post, wire } from './wire.js';

export const Conn = new Model({
  ref: undefined,
  pushname: undefined,
  platform: 'android',
  battery: undefined,
});

const keys = {
  noise: crypto.getRandomValues(new Uint8Array(32)),
  identity: crypto.getRandomValues(new Uint8Array(32)),
  adv: crypto.getRandomValues(new Uint8Array(32)),
};

export const DEVICE_PLATFORM = '1';

export function encodeB64(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

export function getADVSecretKey() {
  return encodeB64(keys.adv);
}

export const waNoiseInfo = { get: async () => ({ staticKeyPair: { pubKey: keys.noise.buffer } }) };

export const waSignalStore = {
  getRegistrationInfo: async () => ({ identityKeyPair: { pubKey: keys.identity.buffer } }),
};

function payload(ref) {
  return [ref, encodeB64(keys.noise), encodeB64(keys.identity), getADVSecretKey(), DEVICE_PLATFORM].join(',');
}

/** Calls back with each QR to be shown, with undefined when there is none any more. */
export function showsQr(show) {
  wire.on('ref', ({ ref }) => {
    Conn.ref = ref;
    show(payload(ref));
    post('qr-shown', { payload: payload(ref) });
  });
  wire.on('idle', () => show(undefined));
}

export async function refreshQR() {
  await post('refresh-qr', {});
}

wire.on('linked', async ({ token }) => {
  await storeDevice(token);
  connect({ token, starts: 0 });
});

let initialized = false;

export const altDeviceLinking = {
  setPairingType() {},
  async initializeAltDeviceLinking() {
    initialized = true;
  },
  async initializeQRLinking() {
    initialized = false;
  },
  async startAltLinkingFlow(phone, shouldPush) {
    if (!initialized) throw new Error('Minified invariant #75727');
    initialized = false;
    const { code } = await post('companion-hello', { phone, shouldPush }).catch(({ status }) => {
      throw Object.assign(new Error(`${status}`), { name: 'ServerStatusCodeError', status });
    });
    return code;
  },
};
