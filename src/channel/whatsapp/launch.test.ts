import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';

import type { RcError } from '../../errors.ts';
import { findChromium } from './chromium.ts';
import { type LaunchRequest, launchOptions, userAgentFor } from './launch.ts';
import { launchFailure } from './launch-failure.ts';
import { watchLaunch } from './launch-watch.ts';
import { BROWSER, openBrowser, serve, temporaryDirectory } from './testing.ts';

const CHROMIUM = { path: '/usr/bin/chromium', version: '156.0.8078.79', major: 156, stamp: '' };

function optionsFor(changes: Partial<LaunchRequest> = {}) {
  const env = { PATH: '/usr/bin', HOME: '/nowhere' };
  return launchOptions({
    config: { ...BROWSER, sandbox: true, args: ['--lang=en'] },
    chromium: CHROMIUM,
    env,
    uid: 1000,
    profileHome: '/state/whatsapp',
    ...changes,
  });
}

describe('the options of a launch', () => {
  it('talk over pipes and leave signals alone', () => {
    expect(optionsFor()).toMatchObject({
      executablePath: '/usr/bin/chromium',
      pipe: true,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      headless: true,
      args: ['--disable-gpu', '--lang=en'],
    });
  });

  it('turn the sandbox off only where the configuration says so', () => {
    const config = { ...BROWSER, sandbox: false };
    expect(optionsFor({ config, uid: 0 }).args).toContain('--no-sandbox');
    expect(() => optionsFor({ uid: 0 })).toThrow(
      expect.objectContaining({ code: 'ERR_RC_CHROMIUM_AS_ROOT', exitCode: 78 }),
    );
  });

  it('show a window when asked', () => {
    expect(optionsFor({ headful: true }).headless).toBe(false);
  });

  it('keep secrets and the scheduler to ourselves, and pass on what a browser needs', () => {
    const env = {
      PATH: '/usr/bin',
      LC_ALL: 'C.UTF-8',
      https_proxy: 'http://proxy:3128',
      RC_NOTIFY_ORACLE_PASSWORD: 'x',
      CREDENTIALS_DIRECTORY: '/run/x',
      STATE_DIRECTORY: '/x',
    };
    expect(Object.keys(optionsFor({ env }).env ?? {}).sort()).toEqual([
      'HOME',
      'LC_ALL',
      'PATH',
      'XDG_CACHE_HOME',
      'XDG_CONFIG_HOME',
      'XDG_DATA_HOME',
      'https_proxy',
    ]);
  });

  it('give a home that can be written to', () => {
    const home = temporaryDirectory();
    expect(optionsFor({ env: { HOME: home } }).env?.HOME).toBe(home);
    expect(optionsFor().env?.HOME).toBe('/state/whatsapp/home');
    expect(optionsFor().env?.XDG_CONFIG_HOME).toBe('/state/whatsapp/home/.config');
  });

  it('start Chromium, which shows the plain user agent of its own version', async () => {
    const profile = join(temporaryDirectory(), 'session');
    const watch = watchLaunch(profile);
    const browser = await openBrowser(profile);
    watch.stop();
    expect(watch.pid()).toBe(browser.process()?.pid);
    const chromium = await findChromium(null, process.env);
    const page = await browser.newPage();
    await page.setUserAgent({ userAgent: userAgentFor(chromium) });
    await page.goto(await serve('<p>hello'));
    expect(await page.evaluate('navigator.userAgent')).toContain(` Chrome/${chromium.major}.0.0.0 `);
    expect((await browser.version()).split('/')[1]).toBe(chromium.version);
    expect(watch.endedWell()).toBe(false);
    await browser.close();
    expect(watch.endedWell()).toBe(true);
  });
});

it('a pipe that breaks once nobody listens to it any more does not end Node', async () => {
  const profile = join(temporaryDirectory(), 'session');
  const watch = watchLaunch(profile);
  const script = 'read line <&3; echo answer >&4';
  const child = spawn('sh', ['-c', script, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  await once(child, 'spawn');
  watch.stop();
  const toIt = child.stdio[3] as Writable;
  toIt.write('ask\nwhat is never read\n'.repeat(10_000));
  (child.stdio[4] as Readable).resume();
  await once(child, 'close');
  expect(toIt.errored).toMatchObject({ code: expect.stringMatching(/EPIPE|ECONNRESET/) });
});

/** Launches in vain, as the channel does, and says why. */
async function failureOf(profile: string, options: Parameters<typeof openBrowser>[1]): Promise<RcError> {
  const watch = watchLaunch(profile);
  try {
    const browser = await openBrowser(profile, options);
    await browser.close();
  } catch (thrown) {
    return launchFailure(thrown, { chromium: CHROMIUM, profileDirectory: profile, output: watch.output() });
  } finally {
    watch.stop();
  }
  throw new Error('it started');
}

function browserThatSays(text: string): string {
  const path = join(temporaryDirectory(), 'browser');
  writeFileSync(path, `#!/bin/sh\ncat >&2 <<'END'\n${text}\nEND\nexit 1\n`, { mode: 0o755 });
  return path;
}

describe('a launch that fails', () => {
  it('says that another browser has the profile open', async () => {
    const profile = join(temporaryDirectory(), 'session');
    await openBrowser(profile);
    expect(await failureOf(profile, {})).toMatchObject({ code: 'ERR_RC_PROFILE_IN_USE', exitCode: 75 });
  });

  it('names the host that has the profile open', async () => {
    const profile = join(temporaryDirectory(), 'session');
    mkdirSync(profile);
    symlinkSync('otherhost-123', join(profile, 'SingletonLock'));
    expect(await failureOf(profile, {})).toMatchObject({
      code: 'ERR_RC_PROFILE_IN_USE',
      message: expect.stringContaining('(process 123 on otherhost)'),
    });
  });

  it('says that temporary files can not be written, which puppeteer calls "already running"', async () => {
    const profile = join(temporaryDirectory(), 'session');
    const env = { ...process.env, TMPDIR: '/nowhere' };
    expect(await failureOf(profile, { env })).toMatchObject({ code: 'ERR_RC_CHROMIUM_TMP', exitCode: 73 });
  });

  it('says that there is no display for a window', async () => {
    const profile = join(temporaryDirectory(), 'session');
    const env = { PATH: process.env.PATH, HOME: '/tmp' };
    const failure = await failureOf(profile, { headless: false, env });
    expect(failure).toMatchObject({ code: 'ERR_RC_NO_DISPLAY', exitCode: 78 });
  });

  it('does not end Node where the file can not be executed', async () => {
    const executablePath = join(temporaryDirectory(), 'browser');
    writeFileSync(executablePath, 'no program', { mode: 0o644 });
    const failure = await failureOf(join(temporaryDirectory(), 'session'), { executablePath });
    expect(failure).toMatchObject({ code: 'ERR_RC_CHROMIUM_START', exitCode: 69 });
    expect(failure.message).toContain('EACCES');
  });

  it.each([
    [
      '[1:1:ERROR:zygote_host_impl_linux.cc(103)] Running as root without --no-sandbox is not supported.',
      'AS_ROOT',
      78,
    ],
    [
      '[1:1:FATAL:zygote_host_impl_linux.cc(132)] No usable sandbox! If you are running on Ubuntu 23.10+',
      'SANDBOX',
      78,
    ],
    [
      'Failed to move to new namespace: PID namespaces supported, but failed: Operation not permitted',
      'SANDBOX',
      78,
    ],
    [
      'chromium: error while loading shared libraries: libnss3.so: cannot open shared object file',
      'LIBRARY',
      69,
    ],
    ['[1:1:ERROR:thread] pthread_create: Resource temporarily unavailable (11)', 'RESOURCES', 69],
    ['Received signal 11 SEGV_MAPERR', 'START', 69],
  ])('is told by what the browser wrote: %s', async (text, code, exitCode) => {
    const executablePath = browserThatSays(text);
    const failure = await failureOf(join(temporaryDirectory(), 'session'), { executablePath });
    expect(failure).toMatchObject({ code: `ERR_RC_CHROMIUM_${code}`, exitCode });
    expect(failure.message).toMatch(/[^.]\.$/);
  });

  it('says so where the browser never answers', async () => {
    const executablePath = join(temporaryDirectory(), 'browser');
    writeFileSync(executablePath, '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    const profile = join(temporaryDirectory(), 'session');
    const failure = await failureOf(profile, { executablePath, protocolTimeout: 500 });
    expect(failure).toMatchObject({ code: 'ERR_RC_CHROMIUM_TIMEOUT', exitCode: 69 });
  });
});
