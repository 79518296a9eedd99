// The tests of the WhatsApp channel drive a real Chromium.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { SetupError } from './setup.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const INSTALL = 'apt-get install -y --no-install-recommends chromium';

/** Finds a Chromium; as root on Debian one is installed where there is none. */
export function ensureChromium() {
  if (isInstalled()) return;
  if (process.geteuid() !== 0 || !answers('apt-get')) throw new SetupError(HINT);
  console.log(`Installing Chromium with ${INSTALL} ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const command of ['apt-get update', INSTALL]) {
    const [program, ...args] = command.split(' ');
    const { status, stdout, stderr } = spawnSync(program, args, {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status !== 0) {
      const tail = `${stdout}${stderr}`.trimEnd().split('\n').slice(-15).join('\n');
      throw new SetupError(`${tail}\n\n${command} failed.\n${HINT}`);
    }
  }
  if (!isInstalled()) throw new SetupError(HINT);
}

function isInstalled() {
  const { PUPPETEER_EXECUTABLE_PATH: chosen } = process.env;
  return (chosen ? [chosen] : NAMES).some(answers);
}

function answers(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

const HINT = `
The tests of the WhatsApp channel need Chromium. On Debian and Ubuntu:

  sudo ${INSTALL}

One that is elsewhere is named by PUPPETEER_EXECUTABLE_PATH.`;
