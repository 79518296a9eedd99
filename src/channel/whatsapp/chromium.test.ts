import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { findChromium } from './chromium.ts';
import { temporaryDirectory } from './testing.ts';

function program(name: string, script: string, mode = 0o755): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode });
  return path;
}

describe('looking for Chromium', () => {
  it('finds the one of this system and says its version as it does itself', async () => {
    const found = await findChromium(null, process.env);
    expect(execFileSync(found.path, ['--version'], { encoding: 'utf8' })).toContain(` ${found.version}`);
    expect(found.version.startsWith(`${found.major}.`)).toBe(true);
  });

  it('finds it where PATH is empty, as under cron', async () => {
    expect((await findChromium(null, {})).path).toMatch(/^\//);
  });

  it('takes the configured path before all others, whatever its name', async () => {
    const path = program('my-browser', 'echo Google Chrome 141.0.7390.54');
    const env = { PUPPETEER_EXECUTABLE_PATH: '/nowhere' };
    expect(await findChromium(path, env)).toMatchObject({ path, version: '141.0.7390.54', major: 141 });
  });

  it('takes $PUPPETEER_EXECUTABLE_PATH before those on PATH', async () => {
    const path = program('my-browser', 'echo Chromium 150.1.2.3');
    const env = { ...process.env, PUPPETEER_EXECUTABLE_PATH: path };
    expect((await findChromium(null, env)).path).toBe(path);
  });

  it('does not ask one it knows again, until another program takes its place or another is chosen', async () => {
    const path = program('my-browser', 'echo Chromium 150.1.2.3');
    const known = { ...(await findChromium(path, {})), version: 'as remembered' };
    expect(await findChromium(path, {}, { known })).toBe(known);
    expect(await findChromium(null, {}, { known })).toBe(known);
    const other = program('other-browser', 'echo Chromium 151.1.2.3');
    expect(await findChromium(other, {}, { known })).toMatchObject({ path: other, version: '151.1.2.3' });
    writeFileSync(path, '#!/bin/sh\n# upgraded\necho Chromium 152.1.2.3\n');
    expect(await findChromium(path, {}, { known })).toMatchObject({ path, version: '152.1.2.3' });
  });

  it.each([
    ['is not there', () => '/nowhere/chromium', 'is no executable file'],
    ['is a directory', () => '/usr', 'is no executable file'],
    [
      'may not be executed',
      () => program('chromium', 'echo Chromium 1.2.3.4', 0o644),
      'is no executable file',
    ],
    ['is another program', () => program('chromium', 'echo Firefox'), 'names no version of Chromium'],
    ['fails', () => program('chromium', 'echo libnss3.so is missing >&2; exit 127'), 'libnss3.so is missing'],
    ['hangs', () => program('chromium', 'sleep 60'), 'did not answer within 0.3 s'],
  ])('refuses a configured path that %s, naming the setting (78)', async (_, path, reason) => {
    await expect(findChromium(path(), {}, { answerMs: 300 })).rejects.toMatchObject({
      code: 'ERR_RC_CHROMIUM_PATH',
      exitCode: 78,
      message: expect.stringContaining(reason),
      hint: expect.stringContaining('whatsapp.browser.executablePath'),
    });
  });

  it('refuses a wrong $PUPPETEER_EXECUTABLE_PATH by its name (78)', async () => {
    await expect(findChromium(null, { PUPPETEER_EXECUTABLE_PATH: '/nowhere' })).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringContaining('$PUPPETEER_EXECUTABLE_PATH'),
    });
  });

  it('keeps secrets from the browser it asks', async () => {
    const path = program('chromium', 'echo Chromium 150.1.2.0$RC_NOTIFY_PIN');
    expect((await findChromium(path, { RC_NOTIFY_PIN: '7' })).version).toBe('150.1.2.0');
  });

  it('passes over a stub that only says how to install the browser', async () => {
    const stub = program('chromium-browser', 'echo requires the chromium snap >&2; exit 1');
    const working = program('google-chrome', 'echo Google Chrome 141.0.7390.54');
    const directories = [join(working, '..')];
    const found = await findChromium(null, { PATH: join(stub, '..') }, { directories });
    expect(found.path).toBe(working);
  });

  it('says what it tried and how to install one where there is none (69)', async () => {
    const stub = program('chromium-browser', 'echo requires the chromium snap >&2; exit 1');
    await expect(findChromium(null, { PATH: join(stub, '..') }, { directories: [] })).rejects.toMatchObject({
      code: 'ERR_RC_NO_CHROMIUM',
      exitCode: 69,
      message: expect.stringContaining('requires the chromium snap'),
      hint: expect.stringContaining('sudo apt-get install -y chromium'),
    });
  });

  it('follows a link to the browser and keeps the path that was found', async () => {
    const directory = temporaryDirectory();
    symlinkSync(program('real', 'echo Chromium 150.1.2.3'), join(directory, 'chromium'));
    expect((await findChromium(null, { PATH: directory })).path).toBe(join(directory, 'chromium'));
  });
});
