import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { Timer } from '../health/timer.ts';
import { checkServiceState } from './timer.ts';

const SERVICES = '/etc/rc-notify/config.yaml';
const INSTALLED: Timer = {
  isInstalled: true,
  loadState: 'loaded',
  serviceLoadState: 'loaded',
  isEnabled: true,
  isActive: true,
  lastRun: null,
  nextRun: null,
  lastResult: null,
};

/** A configuration with this section, as if it had been read from `file`. */
async function loaded(section: string, file = SERVICES): Promise<LoadedConfig> {
  const directory = mkdtempSync(join(tmpdir(), 'rc-notify-timer-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'config.yaml');
  writeFileSync(path, `source: {type: file}\nchannel: terminal\n${section}\n`);
  return { ...(await loadConfig({ path, env: { HOME: directory }, cwd: directory })), file };
}

test.each(['', 'state: {directory: null}'])(
  'a service whose configuration names no state directory (%j) keeps another ledger than is looked at: 78',
  async (section) => {
    expect(checkServiceState(await loaded(section), INSTALLED)).toMatchObject([
      {
        status: 'failure',
        mend: `sudoedit ${SERVICES}, and below "state:" write: directory: /var/lib/rc-notify`,
        exitCode: 78,
      },
    ]);
  },
);

test('one that names it is right, and so is a rehearsal beside the service, or a host without it', async () => {
  const named = await loaded('state: {directory: /srv/rc}');
  const rehearsal = await loaded('', '/home/ops/rc-notify.config.yaml');
  expect(checkServiceState(named, INSTALLED)).toEqual([]);
  expect(checkServiceState(rehearsal, INSTALLED)).toEqual([]);
  expect(checkServiceState(await loaded(''), { ...INSTALLED, isInstalled: false })).toEqual([]);
  expect(checkServiceState(await loaded(''), null)).toEqual([]);
});
