import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeDirectory } from './make-directory.ts';

const base = mkdtempSync(join(tmpdir(), 'rc-notify-mkdir-'));
afterAll(() => rmSync(base, { recursive: true }));

test('it is made with those above it, for nobody else to enter', () => {
  const path = join(base, 'a', 'b');
  expect(makeDirectory(path, 0o700)).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(makeDirectory(path, 0o700)).toBe(false);
});

test('a file in its way is an error', () => {
  writeFileSync(join(base, 'file'), '');
  expect(() => makeDirectory(join(base, 'file'), 0o700)).toThrow(/EEXIST/);
  expect(() => makeDirectory(join(base, 'file', 'below'), 0o700)).toThrow(/ENOTDIR/);
});

test('where a parent exists and nothing can be made in it, that is said at once', () => {
  expect(() => makeDirectory('/proc/rc-notify', 0o700)).toThrow(/ENOENT|EACCES|EPERM/);
});
