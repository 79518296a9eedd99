import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { profileOf } from '../../src/channel/whatsapp/profile.ts';
import {
  startWhatsAppWeb,
  type WhatsAppWeb,
  type WhatsAppWebOptions,
} from '../standins/whatsapp-web/index.ts';
import type { Finished } from './command.ts';
import { copyDirectory } from './copy.ts';
import { processesNaming } from './processes.ts';
import { WhatsAppPlace } from './whatsapp-place.ts';
import { type ScanJson, scanJson } from './workplace.ts';

type Settings = Readonly<Record<string, unknown>>;
type WhenOver = (cleanUp: () => Promise<void>) => void;

export interface Scanned extends ScanJson {
  readonly code: number | null;
  readonly stderr: string;
  readonly codes: readonly string[];
  /** Milliseconds, from start to end. */
  readonly took: number;
}

/** One stand-in and one login, whose state directory is the beginning of many places. */
export class LinkedPlaces {
  readonly web: WhatsAppWeb;
  readonly #settings: Settings;
  readonly #state: string;

  private constructor(web: WhatsAppWeb, settings: Settings, state: string) {
    this.web = web;
    this.#settings = settings;
    this.#state = state;
  }

  static async link(
    settings: Settings,
    options: WhatsAppWebOptions,
    whenOver: WhenOver,
  ): Promise<LinkedPlaces> {
    const web = await startWhatsAppWeb(options);
    whenOver(() => web.close());
    const place = new WhatsAppPlace(web, settings, whenOver);
    const { code, stderr } = await place.login();
    expect(code, stderr).toBe(0);
    return new LinkedPlaces(web, settings, place.state);
  }

  /** Gone, and the stand-in healed, when the test is over. `browser` is added to the browser's settings. */
  place(settings: Settings = {}, browser: Settings = {}): WhatsAppPlace {
    const place = new WhatsAppPlace(this.web, { ...this.#settings, ...settings }, onTestFinished);
    onTestFinished(() => this.web.heal());
    copyDirectory(this.#state, place.state);
    changeBrowser(place, browser);
    return place;
  }
}

/** Changes the browser's section of the configuration alone. */
export function changeBrowser(place: WhatsAppPlace, changes: Settings): void {
  const file = join(place.directory, 'rc-notify.config.yaml');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  Object.assign(config.whatsapp.browser, changes);
  writeFileSync(file, JSON.stringify(config));
}

/** A scan that ended by itself and left nothing of Chromium. */
export async function scanned(place: WhatsAppPlace): Promise<Scanned> {
  const began = performance.now();
  const finished = await place.scan();
  return { ...read(finished, place), took: performance.now() - began };
}

/** What a scan printed, once nothing of Chromium is left. */
export function read(finished: Finished, place: WhatsAppPlace): Omit<Scanned, 'took'> {
  const json = scanJson(finished);
  expect(json.exitCode).toBe(finished.code);
  expect(processesNaming(join(place.state, 'whatsapp')), 'processes of Chromium').toEqual([]);
  const { code, stderr } = finished;
  return { ...json, code, stderr, codes: json.errors.map((error) => error.code) };
}

export function lastCloseWasUnclean(place: WhatsAppPlace): boolean {
  return profileOf(place.state).lastCloseWasUnclean();
}

/** All that is kept about the profile, to be compared: what Chromium itself writes is left out. */
export function keptOf(place: WhatsAppPlace): readonly string[] {
  const home = join(place.state, 'whatsapp');
  const copies = readdirSync(join(home, 'copies'), { recursive: true, encoding: 'utf8' }).map((name) => {
    const { mtimeMs, size } = statSync(join(home, 'copies', name));
    return `${name} ${mtimeMs} ${size}`;
  });
  return [...readdirSync(home).filter((name) => !['screenshots', 'home'].includes(name)), ...copies].sort();
}
