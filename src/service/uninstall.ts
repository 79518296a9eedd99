import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from './host.ts';
import { CONFIG_DROP_IN, PACKAGED, PROGRAM_DROP_IN, SERVICE, TIMER } from './layout.ts';
import type { Step } from './steps.ts';

/** What takes the service away; nothing where it is not installed. User, state and configuration stay. */
export function planUninstall({ root }: Host): readonly Step[] {
  const paths = [PROGRAM_DROP_IN, CONFIG_DROP_IN, ...Object.values(PACKAGED)].filter((path) =>
    existsSync(join(root, path)),
  );
  if (paths.length === 0) return [];
  // The timer first: it would start the service again.
  const stops: [unit: string, ...argv: string[]][] = [
    [TIMER, 'disable', '--now'],
    [SERVICE, 'stop'],
  ];
  return [
    ...stops
      .filter(([unit]) => paths.includes(PACKAGED[unit] ?? ''))
      .map(([unit, ...how]) => ({ do: 'run', argv: ['systemctl', ...how, unit] }) as const),
    ...paths.map((path) => ({ do: 'remove', path }) as const),
    { do: 'run', argv: ['systemctl', 'daemon-reload'] },
  ];
}
