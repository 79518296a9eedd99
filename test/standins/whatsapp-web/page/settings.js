/** What the server wrote into the page, and the account it told of when the device was welcomed. */

export const settings = JSON.parse(document.getElementById('settings').textContent);

export const account = { number: undefined, lid: undefined, name: undefined };

export function hasFault(kind) {
  return settings.faults.find((fault) => fault.kind === kind);
}

export function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
