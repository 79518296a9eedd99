import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from './host.ts';
import { CONFIG_DROP_IN, PACKAGED, PROGRAM_DROP_IN, TIMER } from './layout.ts';
import type { Step } from './steps.ts';

/** What takes the service away; nothing where it is not installed. User, state and configuration stay. */
export function planUninstall({ root }: Host): readonly Step[] {
  const paths = [PROGRAM_DROP_IN, CONFIG_DROP_IN, ...Object.values(PACKAGED)].filter((path) =>
    existsSync(join(root, path)),
  );
  if (paths.length === 0) return [];
  const timer = PACKAGED[TIMER] ?? '';
  return [
    ...(paths.includes(timer)
      ? [{ do: 'run', argv: ['systemctl', 'disable', '--now', TIMER] } as const]
      : []),
    ...paths.map((path) => ({ do: 'remove', path }) as const),
    { do: 'run', argv: ['systemctl', 'daemon-reload'] },
  ];
}
