import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Chromium } from './chromium.ts';

/** What is remembered about the profile between runs; times are UTC, ISO 8601. */
export interface ProfileRecord {
  readonly openedAt: string | null;
  /** Null from a launch until a clean close. */
  readonly closedAt: string | null;
  /** Name of the copy the profile was last put back from. */
  readonly restoredFrom: string | null;
  /** Names of the copies that are not to be tried again. */
  readonly refused: readonly string[];
  /** The browser it was last opened with. */
  readonly chromium: Chromium | null;
}

const EMPTY: ProfileRecord = {
  openedAt: null,
  closedAt: null,
  restoredFrom: null,
  refused: [],
  chromium: null,
};

/** The record, empty where there is none or it can not be understood. */
export function readRecord(file: string): ProfileRecord {
  try {
    return { ...EMPTY, ...(JSON.parse(readFileSync(file, 'utf8')) as Partial<ProfileRecord>) };
  } catch {
    return EMPTY;
  }
}

/** Changes some of it, whole or not at all, on the disk when it returns. Throws the file system's error. */
export function changeRecord(file: string, changes: Partial<ProfileRecord>): void {
  const partial = `${file}.partial`;
  writeFileSync(partial, JSON.stringify({ ...readRecord(file), ...changes }), { mode: 0o600 });
  sync(partial);
  renameSync(partial, file);
  sync(dirname(file));
}

/** Puts a file, or the names in a directory, on the disk. */
export function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
