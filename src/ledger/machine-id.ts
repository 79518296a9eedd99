import { readFileSync } from 'node:fs';

/** What systemd writes there until the first boot is over: machine-id(5). */
const UNINITIALIZED = 'uninitialized';

/** This machine's id as in machine-id(5); null where it has none. */
export function machineId(file = '/etc/machine-id'): string | null {
  try {
    const id = readFileSync(file, 'utf8').trim();
    return id === '' || id === UNINITIALIZED ? null : id;
  } catch {
    return null;
  }
}
