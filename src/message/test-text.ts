import type { MessageConfig } from '../config/config.ts';
import { formatGenerated } from './formats.ts';
import { neutralise } from './neutralise.ts';

const NOCS_LIMIT = 200;

/** What `rc-notify test` sends: plainly a test, and as long as a message. */
export function testText(nocsName: string | null, { timezone, footer }: MessageConfig, now: Date): string {
  const nocs = nocsName === null ? [] : [`📍 NOCS: ${neutralise(nocsName, NOCS_LIMIT)}`];
  return [
    '🔔 [TEST] rc-notify',
    '',
    ...nocs,
    'This is a test of the alarm for RC meters. Nothing needs to be done.',
    '',
    `Generated: ${formatGenerated(now.getTime(), timezone)}`,
    '━'.repeat(17),
    footer,
  ]
    .join('\n')
    .trimEnd();
}
