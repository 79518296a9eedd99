import type { z } from 'zod';
import { formatKeyPath, isRecord, type KeyPath, valueAt } from './key-path.ts';
import { allKeys, keysAt } from './schema.ts';
import { closest } from './suggest.ts';

export interface Mistake {
  readonly path: KeyPath;
  readonly message: string;
  /** The key that was probably meant. */
  readonly meant?: KeyPath;
}

/** Values that may hold a password or a secret address: never repeated in a message. */
const SECRET = new Set([
  'heartbeat.url',
  'email',
  'source.oracle.connectString',
  'source.oracle.passwordFile',
]);

/** What the schema found, each with a sentence of its own; one mistake a value. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], raw: unknown): Mistake[] {
  const mistakes = issues.flatMap((issue): Mistake[] => {
    const path = issue.path as KeyPath;
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => describeUnknownKey(path, key));
    if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? issue.message }];
    return [{ path, message: `${issue.message}${butFound(path, valueAt(raw, path))}` }];
  });
  const first = new Map<string, Mistake>();
  for (const mistake of mistakes) {
    const key = formatKeyPath(mistake.path);
    if (!first.has(key)) first.set(key, mistake);
  }
  return [...first.values()];
}

function describeUnknownKey(section: KeyPath, key: string): Mistake {
  const path = [...section, key];
  const near = closest(key, Object.keys(keysAt(section) ?? {}));
  if (near !== undefined)
    return { path, message: `unknown key; did you mean ${near}?`, meant: [...section, near] };
  const elsewhere = allKeys().find((known) => known.at(-1) === key);
  if (elsewhere !== undefined) {
    return { path, message: `unknown key here; did you mean ${formatKeyPath(elsewhere)}?`, meant: elsewhere };
  }
  return { path, message: 'unknown key' };
}

function butFound(path: KeyPath, value: unknown): string {
  if (value === null || value === undefined || value === '') return ', but is empty';
  if (Array.isArray(value)) return ', not a list';
  if (isRecord(value)) return ', not a section';
  // A secret may have been written in place of the section that holds it.
  if (SECRET.has(formatKeyPath(path)) || keysAt(path) !== undefined) return '';
  const shown = JSON.stringify(value);
  return `, not ${shown.length > 40 ? `${shown.slice(0, 37)}..."` : shown}`;
}
