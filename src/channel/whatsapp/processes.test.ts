import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { Browser } from 'puppeteer';
import { describe, expect, it, onTestFinished } from 'vitest';
import { browsersOf, endBrowser } from './processes.ts';
import { clock, openBrowser, serve, temporaryDirectory } from './testing.ts';

function profile(): string {
  return join(temporaryDirectory(), 'session');
}

/** Every process of this browser by its session, its group or the directory it names: none of our own means. */
function left(browser: Browser, profileDirectory: string): string[] {
  const pid = String(browser.process()?.pid);
  return readdirSync('/proc').filter((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      return state !== 'Z' && (group === pid || session === pid || line.includes(dirname(profileDirectory)));
    } catch {
      return false;
    }
  });
}

async function openWithPage(profileDirectory: string): Promise<Browser> {
  const browser = await openBrowser(profileDirectory);
  const page = await browser.newPage();
  await page.goto(await serve('<p>hello'));
  return browser;
}

describe('ending a browser', () => {
  it('leaves no process of it: renderers, zygotes and crash handlers are gone as well', async () => {
    const directory = profile();
    const browser = await openWithPage(directory);
    const before = left(browser, directory);
    expect(before.length).toBeGreaterThan(4);
    const pid = browser.process()?.pid ?? null;
    expect(browsersOf(directory)).toEqual([pid]);
    const ended = await endBrowser({ pid, profileDirectory: directory }, clock);
    expect(left(browser, directory)).toEqual([]);
    expect(ended).toBeGreaterThan(4);
    expect(browsersOf(directory)).toEqual([]);
  });

  it('finds it by its profile where the process is not known', async () => {
    const directory = profile();
    const browser = await openWithPage(directory);
    await endBrowser({ pid: null, profileDirectory: directory }, clock);
    expect(left(browser, directory)).toEqual([]);
  });

  it('ends what its main process left behind', async () => {
    const directory = profile();
    const browser = await openWithPage(directory);
    const pid = browser.process()?.pid ?? 0;
    for (const child of left(browser, directory)) process.kill(Number(child), 'SIGSTOP');
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => browsersOf(directory)).toEqual([]);
    expect(left(browser, directory)).not.toEqual([]);
    await endBrowser({ pid, profileDirectory: directory }, clock);
    expect(left(browser, directory)).toEqual([]);
  });

  it('leaves the browser of another profile alone, though its path begins the same', async () => {
    const directory = profile();
    const other = await openWithPage(`${directory}-other`);
    await openWithPage(directory);
    await endBrowser({ pid: null, profileDirectory: directory }, clock);
    expect(browsersOf(`${directory}-other`)).toEqual([other.process()?.pid]);
    expect(await other.version()).toContain('Chrome');
  });

  it('does nothing to a stranger who was given its number since', async () => {
    const stranger = spawn('sleep', ['60'], { detached: true });
    onTestFinished(() => void stranger.kill('SIGKILL'));
    const pid = stranger.pid ?? null;
    expect(await endBrowser({ pid, profileDirectory: profile() }, clock)).toBe(0);
    expect(stranger.exitCode).toBeNull();
    expect(stranger.signalCode).toBeNull();
  });

  it('never ends the group it runs in', async () => {
    const directory = profile();
    const child = spawn('sh', ['-c', 'sleep 60 & echo both; wait', `--user-data-dir=${directory}`]);
    await once(child.stdout, 'data');
    // Until it runs `sleep` the second one is a copy of the first.
    await expect.poll(() => browsersOf(directory)).toEqual([child.pid]);
    expect(await endBrowser({ pid: null, profileDirectory: directory }, clock)).toBe(2);
    await expect.poll(() => child.signalCode).toBe('SIGKILL');
  });

  it('has nothing to do after a clean close', async () => {
    const directory = profile();
    const browser = await openWithPage(directory);
    const pid = browser.process()?.pid ?? null;
    await browser.close();
    await expect.poll(() => left(browser, directory)).toEqual([]);
    expect(await endBrowser({ pid, profileDirectory: directory }, clock)).toBe(0);
  });
});
