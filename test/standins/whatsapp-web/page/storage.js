/** What outlives the page: messages in IndexedDB, the link half in IndexedDB and half in localStorage. */

const DATABASE = 'model-storage';
const TOKEN = 'WANoiseInfo';

let opened;

/** The real page's errors are minified like this one. */
function minified(cause) {
  return Object.assign(new Error('r', { cause }), { name: 'r' });
}

export class DuplicateMessageError extends Error {
  constructor() {
    super();
    this.name = 'DuplicateMessageError';
  }
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open() {
  if (opened) return opened;
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('message', { keyPath: 'id' });
    request.result.createObjectStore('device');
  };
  opened = settled(request).then((database) => {
    // Else a page that is logged out waits for the others that are open.
    database.onversionchange = () => database.close();
    return database;
  });
  return opened;
}

async function table(name, mode = 'readonly') {
  const transaction = (await open()).transaction(name, mode);
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  return { rows: transaction.objectStore(name), done };
}

/** Rejects with DuplicateMessageError if one of the ids is in the table already. */
export async function createMessages(rows) {
  const { rows: messages, done } = await table('message', 'readwrite');
  for (const row of rows) messages.add(row);
  await done.catch((error) => {
    throw error?.name === 'ConstraintError' ? new DuplicateMessageError() : error;
  });
}

export async function updateMessage(id, values) {
  const { rows: messages, done } = await table('message', 'readwrite');
  const row = await settled(messages.get(id));
  if (row) messages.put({ ...row, ...values });
  await done;
}

/** The rows that are there; an id that is no text ends in a minified error. */
export async function readMessages(ids) {
  const { rows: messages } = await table('message');
  let requests;
  try {
    requests = ids.map((id) => settled(messages.get(id)));
  } catch (error) {
    throw minified(error);
  }
  return (await Promise.all(requests)).filter(Boolean);
}

export async function allMessages() {
  const { rows: messages } = await table('message');
  return settled(messages.getAll());
}

export async function removeMessages(ids) {
  const { rows: messages, done } = await table('message', 'readwrite');
  for (const id of ids) messages.delete(id);
  await done;
}

/** How this device is linked, or undefined. Each start is counted: older copies of a profile have a lower number. */
export async function readDevice() {
  const { rows: device, done } = await table('device', 'readwrite');
  const known = await settled(device.get('device'));
  const token = localStorage.getItem(TOKEN);
  if (!known || known.token !== token) return undefined;
  const starts = known.starts + 1;
  device.put({ token, starts }, 'device');
  await done;
  return { token, starts };
}

export async function storeDevice(token) {
  const { rows: device, done } = await table('device', 'readwrite');
  device.put({ token, starts: 0 }, 'device');
  await done;
  localStorage.setItem(TOKEN, token);
}

export async function clearEverything() {
  localStorage.clear();
  (await open()).close();
  opened = undefined;
  await settled(indexedDB.deleteDatabase(DATABASE));
}
