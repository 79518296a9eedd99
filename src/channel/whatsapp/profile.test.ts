import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Profile, profileOf } from './profile.ts';
import { clock, openBrowser, serve, temporaryDirectory } from './testing.ts';

const NOW = new Date('2026-11-22T11:36:40Z');
const HOUR = 3_600_000;
const AT_ONCE = { atLeastEveryMs: 0 };
const at = (hours: number) => new Date(NOW.getTime() + hours * HOUR);

/** A profile that was opened once and closed in order, with `value` in it. */
function usedProfile(value = 'first', stateDirectory = temporaryDirectory()): Profile {
  const profile = profileOf(stateDirectory);
  mkdirSync(join(profile.directory, 'Default', 'Local Storage'), { recursive: true });
  write(profile, value);
  profile.markOpened(at(-1));
  profile.markClosed(at(-1));
  return profile;
}

const storage = (directory: string) => join(directory, 'Default', 'Local Storage', 'data');
const write = (profile: Profile, value: string) => writeFileSync(storage(profile.directory), value);
const valueIn = (directory: string) => readFileSync(storage(directory), 'utf8');

async function copyOf(profile: Profile, now: Date) {
  const { copy, warning } = await profile.keepCopy(now, AT_ONCE);
  if (copy === null) throw new Error(`no copy: ${warning}`);
  return copy;
}

/** Runs the module of profiles in a process of its own. */
function inAnotherProcess(statement: string): ChildProcess {
  const script = `import { profileOf } from ${JSON.stringify(new URL('./profile.ts', import.meta.url).href)};\n${statement}`;
  return spawnForTest(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
}

function spawnForTest(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  onTestFinished(
    () =>
      void (
        child.exitCode === null &&
        child.signalCode === null &&
        process.kill(-(child.pid ?? 0), 'SIGKILL')
      ),
  );
  return child;
}

describe('preparing the profile', () => {
  it('makes its directories for this user alone, and tightens those that are open', async () => {
    const profile = profileOf(temporaryDirectory());
    await profile.prepare(clock);
    chmodSync(profile.home, 0o755);
    chmodSync(profile.directory, 0o777);
    await profile.prepare(clock);
    expect(statSync(profile.home).mode & 0o777).toBe(0o700);
    expect(statSync(profile.directory).mode & 0o777).toBe(0o700);
    expect(profile.exists()).toBe(false);
  });

  it.each([
    ['another host, though its process number is alive here', () => `otherhost-${process.pid}`],
    ['this host, that is dead', () => `${hostname()}-4194304`],
    ['this host, whose number another program has by now', () => `${hostname()}-${process.pid}`],
  ])('removes the lock files of a holder on %s, and nothing else', async (_, holder) => {
    const profile = usedProfile();
    const files = ['SingletonLock', 'SingletonCookie', 'SingletonSocket'];
    for (const name of files) symlinkSync(holder(), join(profile.directory, name));
    const others = ['Default', 'SingletonLock.bak', 'Last Version'];
    writeFileSync(join(profile.directory, 'SingletonLock.bak'), '');
    writeFileSync(join(profile.directory, 'Last Version'), '156');
    await profile.prepare(clock);
    expect(readdirSync(profile.directory).sort()).toEqual(others.sort());
    expect(valueIn(profile.directory)).toBe('first');
  });

  it("refuses (75) while somebody's browser has it open, and touches nothing", async () => {
    const profile = profileOf(temporaryDirectory());
    await profile.prepare(clock);
    const browser = await openBrowser(profile.directory, { pipe: false });
    const pid = browser.process()?.pid;
    await expect(profile.prepare(clock)).rejects.toMatchObject({
      code: 'ERR_RC_PROFILE_IN_USE',
      exitCode: 75,
      message: expect.stringContaining(`process ${pid}`),
      hint: expect.stringContaining(`kill ${pid}`),
    });
    expect(lstatSync(join(profile.directory, 'SingletonLock')).isSymbolicLink()).toBe(true);
    await browser.close();
    await profile.prepare(clock);
  });

  it('knows a holder by the lock file where it wrote the path in another way', async () => {
    const profile = usedProfile();
    const args = ['-c', 'sleep 60; exit', `--user-data-dir=${join(profile.home, '..')}/./whatsapp/session`];
    const { pid } = spawnForTest('sh', args);
    symlinkSync(`${hostname()}-${pid}`, join(profile.directory, 'SingletonLock'));
    await expect.poll(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('./whatsapp');
    await expect(profile.prepare(clock)).rejects.toMatchObject({ exitCode: 75 });
    unlinkSync(join(profile.directory, 'SingletonLock'));
    symlinkSync(`otherhost-${pid}`, join(profile.directory, 'SingletonLock'));
    await profile.prepare(clock);
    expect(readdirSync(profile.directory)).toEqual(['Default']);
  });

  it('waits for the browser of a run that was killed, which closes by itself', async () => {
    const profile = profileOf(temporaryDirectory());
    await profile.prepare(clock);
    const browser = await openBrowser(profile.directory);
    const closed = clock.sleep(300).then(() => browser.close());
    await profile.prepare(clock);
    await closed;
    expect(browser.process()?.exitCode).toBe(0);
    expect(existsSync(join(profile.directory, 'SingletonLock'))).toBe(false);
  });

  it('ends one that does not close', async () => {
    const profile = profileOf(temporaryDirectory());
    await profile.prepare(clock);
    const browser = await openBrowser(profile.directory);
    process.kill(browser.process()?.pid ?? 0, 'SIGSTOP');
    await profile.prepare({ now: clock.now, sleep: () => clock.sleep(1) });
    await expect.poll(() => browser.process()?.signalCode).toBe('SIGKILL');
    expect(existsSync(join(profile.directory, 'SingletonLock'))).toBe(false);
  });

  it('says which directory can not be used (73)', async () => {
    const state = temporaryDirectory();
    writeFileSync(join(state, 'whatsapp'), 'a file');
    await expect(profileOf(state).prepare(clock)).rejects.toMatchObject({
      code: 'ERR_RC_PROFILE_DIRECTORY',
      exitCode: 73,
      hint: expect.stringContaining(join(state, 'whatsapp')),
    });
  });
});

describe('how the profile was closed', () => {
  it('is unclean from a launch until a clean close, in other processes too', () => {
    const state = temporaryDirectory();
    mkdirSync(join(state, 'whatsapp'));
    expect(profileOf(state).lastCloseWasUnclean()).toBe(false);
    profileOf(state).markOpened(NOW);
    expect(profileOf(state).lastCloseWasUnclean()).toBe(true);
    profileOf(state).markClosed(NOW);
    expect(profileOf(state).lastCloseWasUnclean()).toBe(false);
  });

  it('is kept in a file of this user alone', () => {
    const profile = usedProfile();
    expect(statSync(join(profile.home, 'profile.json')).mode & 0o777).toBe(0o600);
  });
});

describe('copies of the profile', () => {
  it('hold all but caches and links, for this user alone', async () => {
    const profile = usedProfile();
    const kept = [
      'Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb',
      'Default/Service Worker/ScriptCache',
      'Default/Session Storage',
      'Default/IndexedDB/Cache',
    ];
    const left = ['Default/Cache', 'Default/Code Cache/js', 'Default/GPUCache', 'GPUPersistentCache'];
    for (const directory of [...kept, ...left]) {
      mkdirSync(join(profile.directory, directory), { recursive: true });
      writeFileSync(join(profile.directory, directory, 'data'), directory, { mode: 0o644 });
    }
    symlinkSync('host-1', join(profile.directory, 'SingletonLock'));
    const { path } = await copyOf(profile, NOW);
    for (const directory of kept) expect(readFileSync(join(path, directory, 'data'), 'utf8')).toBe(directory);
    for (const directory of left) expect(existsSync(join(path, directory))).toBe(false);
    expect(readdirSync(path)).toEqual(['Default']);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, 'Default')).mode & 0o777).toBe(0o700);
    expect(statSync(storage(path)).mode & 0o777).toBe(0o600);
  });

  it('are made no more often than asked, the newest first, and three are kept', async () => {
    const profile = usedProfile();
    const everySix = { atLeastEveryMs: 6 * HOUR };
    expect((await profile.keepCopy(NOW, everySix)).copy?.takenAt).toEqual(NOW);
    expect(await profile.keepCopy(at(5), everySix)).toEqual({ copy: null, warning: null });
    for (const hours of [6, 12, 18]) await profile.keepCopy(at(hours), everySix);
    expect(profile.copies().map(({ takenAt }) => takenAt)).toEqual([at(18), at(12), at(6)]);
    expect(readdirSync(join(profile.home, 'copies'))).toHaveLength(3);
  });

  it('are made after the clock was set back, and the new one is not the one that goes', async () => {
    const profile = usedProfile();
    for (const hours of [100, 101, 102]) await copyOf(profile, at(hours));
    await profile.keepCopy(NOW, { atLeastEveryMs: HOUR });
    expect(profile.copies().map(({ takenAt }) => takenAt)).toEqual([at(102), at(101), NOW]);
  });

  it('are never made of a profile that was not closed in order, or is open', async () => {
    const profile = usedProfile();
    profile.markOpened(NOW);
    expect(await profile.keepCopy(NOW, AT_ONCE)).toEqual({ copy: null, warning: null });
    profile.markClosed(NOW);
    await openBrowser(profile.directory);
    expect(await profile.keepCopy(NOW, AT_ONCE)).toEqual({ copy: null, warning: null });
    expect(profile.copies()).toEqual([]);
  });

  it('that fail are a warning, and leave nothing behind', async () => {
    const profile = usedProfile();
    await copyOf(profile, NOW);
    mkdirSync(join(profile.home, 'copies', '20261122T123640Z', 'in the way'), { recursive: true });
    const { copy, warning } = await profile.keepCopy(at(1), AT_ONCE);
    expect(copy).toBeNull();
    expect(warning).toMatch(/^the WhatsApp profile was not copied: /);
    expect(readdirSync(join(profile.home, 'copies')).sort()).toEqual([
      '20261122T113640Z',
      '20261122T123640Z',
    ]);
  });

  it('are not made where they would fill the disk that the ledger is on', async () => {
    const profile = usedProfile();
    truncateSync(storage(profile.directory), 2 ** 43);
    const { copy, warning } = await profile.keepCopy(NOW, AT_ONCE);
    expect(copy).toBeNull();
    expect(warning).toMatch(/it takes 8388608 MB, and only \d+ MB are free/);
    expect(readdirSync(join(profile.home, 'copies'))).toEqual([]);
  });

  it('can be given up, leaving nothing of them', async () => {
    const profile = usedProfile();
    const { copy, warning } = await profile.keepCopy(NOW, { ...AT_ONCE, signal: AbortSignal.abort() });
    expect([copy, warning]).toEqual([null, expect.stringContaining('abort')]);
    expect(readdirSync(join(profile.home, 'copies'))).toEqual([]);
  });

  it('that were killed half-way do not count, and are gone with the next start', async () => {
    const state = temporaryDirectory();
    const profile = usedProfile('first', state);
    const whole = await copyOf(profile, NOW);
    for (let n = 0; n < 400; n += 1) {
      writeFileSync(join(profile.directory, 'Default', `file ${n}`), Buffer.alloc(200_000, n));
    }
    const child = inAnotherProcess(
      `await profileOf(${JSON.stringify(state)}).keepCopy(new Date('2026-11-22T12:00:00Z'), { atLeastEveryMs: 0 });`,
    );
    const half = join(profile.home, 'copies', 'partial', 'Default');
    await expect
      .poll(() => existsSync(half) && readdirSync(half).length, { interval: 2 })
      .toBeGreaterThan(20);
    child.kill('SIGKILL');
    await expect.poll(() => child.signalCode).toBe('SIGKILL');
    expect(readdirSync(half).length).toBeLessThan(401);
    expect(profile.copies()).toEqual([whole]);
    await profile.prepare(clock);
    expect(readdirSync(join(profile.home, 'copies'))).toEqual([basename(whole.path)]);
  });
});

describe('putting a copy back', () => {
  it('sets the present profile aside and keeps the copy', async () => {
    const profile = usedProfile('first');
    const copy = await copyOf(profile, NOW);
    write(profile, 'damaged');
    profile.markOpened(at(1));
    await profile.restore(copy, at(2));
    expect(valueIn(profile.directory)).toBe('first');
    expect(valueIn(`${profile.directory}.before-restore-20261122T133640Z`)).toBe('damaged');
    expect(profile.copies()).toEqual([copy]);
    expect(profile.restoredFrom()).toEqual(copy);
    expect(profile.lastCloseWasUnclean()).toBe(false);
    expect(statSync(profile.directory).mode & 0o777).toBe(0o700);
  });

  it('keeps no more than two that were set aside', async () => {
    const profile = usedProfile();
    const copy = await copyOf(profile, NOW);
    for (const hours of [1, 2, 3]) await profile.restore(copy, at(hours));
    expect(readdirSync(profile.home).filter((name) => name.includes('before-restore'))).toEqual([
      'session.before-restore-20261122T133640Z',
      'session.before-restore-20261122T143640Z',
    ]);
  });

  it('remembers which one until the profile proved itself', async () => {
    const profile = usedProfile();
    const copy = await copyOf(profile, NOW);
    await profile.restore(copy, at(1));
    await copyOf(profile, at(2));
    expect(profile.restoredFrom()).toBeNull();
  });

  it('remembers a copy that was refused, and with a new link all that came before', async () => {
    const profile = usedProfile();
    const first = await copyOf(profile, NOW);
    const second = await copyOf(profile, at(1));
    profile.markRefused(second);
    expect(profile.copies().map(({ refused }) => refused)).toEqual([true, false]);
    profile.markLinked();
    expect(profile.copies().map(({ refused }) => refused)).toEqual([true, true]);
    await copyOf(profile, at(2));
    expect(profile.copies().map(({ refused }) => refused)).toEqual([false, true, true]);
    expect(first.refused).toBe(false);
  });

  it('is refused (75) while a browser has the profile open', async () => {
    const profile = usedProfile();
    const copy = await copyOf(profile, NOW);
    await openBrowser(profile.directory);
    await expect(profile.restore(copy, at(1))).rejects.toMatchObject({ exitCode: 75 });
    expect(valueIn(profile.directory)).toBe('first');
  });

  it('that was killed before it was decided is forgotten', async () => {
    const profile = usedProfile('present');
    mkdirSync(`${profile.directory}.partial/Default`, { recursive: true });
    await profile.prepare(clock);
    expect(valueIn(profile.directory)).toBe('present');
    expect(existsSync(`${profile.directory}.partial`)).toBe(false);
  });

  it.each([
    ['before the present profile was set aside', false],
    ['between the two renames', true],
  ])('that was killed %s is finished by the next start', async (_, isSetAside) => {
    const profile = usedProfile('first');
    const copy = await copyOf(profile, NOW);
    write(profile, 'damaged');
    renameSync(copy.path, `${profile.directory}.restoring`);
    const aside = `${profile.directory}.before-restore-20261122T133640Z`;
    if (isSetAside) renameSync(profile.directory, aside);
    expect(profile.exists()).toBe(true);
    await profile.prepare({ ...clock, now: () => at(2) });
    expect(valueIn(profile.directory)).toBe('first');
    expect(valueIn(aside)).toBe('damaged');
    expect(existsSync(`${profile.directory}.restoring`)).toBe(false);
  });

  it('killed at any moment leaves a profile that is either the present one or the copy', async () => {
    for (const delayMs of [0, 2, 5, 10, 20, 40]) {
      const state = temporaryDirectory();
      const profile = usedProfile('copy', state);
      for (let n = 0; n < 20; n += 1) writeFileSync(join(profile.directory, `file ${n}`), 'x');
      await copyOf(profile, NOW);
      write(profile, 'present');
      const child = inAnotherProcess(
        `const profile = profileOf(${JSON.stringify(state)});
         await profile.restore(profile.copies()[0], new Date('2026-11-22T13:36:40Z'));`,
      );
      await expect
        .poll(() => existsSync(`${profile.directory}.partial`) || child.exitCode !== null, {
          interval: 1,
        })
        .toBe(true);
      await clock.sleep(delayMs);
      child.kill('SIGKILL');
      await expect.poll(() => child.signalCode ?? child.exitCode).not.toBeNull();
      await profile.prepare(clock);
      expect(['present', 'copy']).toContain(valueIn(profile.directory));
      expect(readdirSync(profile.directory)).toContain('file 19');
    }
  });
});

describe('a profile of real Chromium', () => {
  it('opens from a copy with all that its page had stored', async () => {
    const profile = profileOf(temporaryDirectory());
    const address = await serve('<p>hello');
    await profile.prepare(clock);
    expect(await visit(profile, address, STORE)).toBe('stored');
    const copy = await copyOf(profile, NOW);
    expect(profile.exists()).toBe(true);
    expect(await visit(profile, address, OVERWRITE)).toBe('overwritten');
    await profile.restore(copy, at(1));
    await profile.prepare(clock);
    expect(await visit(profile, address, READ)).toEqual(['in local storage', 'in IndexedDB', 'cookie=1']);
  });
});

async function visit(profile: Profile, address: string, script: string): Promise<unknown> {
  profile.markOpened(NOW);
  const browser = await openBrowser(profile.directory);
  const page = await browser.newPage();
  await page.goto(address);
  const result = await page.evaluate(script);
  await browser.close();
  profile.markClosed(NOW);
  return result;
}

const OPEN_DATABASE = `
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const opening = indexedDB.open('session');
  opening.onupgradeneeded = () => opening.result.createObjectStore('values');
  const database = await done(opening);
  const values = database.transaction('values', 'readwrite', { durability: 'strict' }).objectStore('values');`;
const STORE = `(async () => { ${OPEN_DATABASE}
  localStorage.setItem('key', 'in local storage');
  document.cookie = 'cookie=1; max-age=86400';
  await done(values.put('in IndexedDB', 'key'));
  return 'stored';
})()`;
const OVERWRITE = `(async () => { ${OPEN_DATABASE}
  localStorage.clear();
  document.cookie = 'cookie=2; max-age=86400';
  await done(values.clear());
  return 'overwritten';
})()`;
const READ = `(async () => { ${OPEN_DATABASE}
  return [localStorage.getItem('key'), await done(values.get('key')), document.cookie];
})()`;
