import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { machineId } from './machine-id.ts';

const directory = mkdtempSync(join(tmpdir(), 'rc-notify-machine-'));
const file = join(directory, 'machine-id');
afterEach(() => rmSync(file, { force: true }));
afterAll(() => rmSync(directory, { recursive: true }));

test('the machine id is the one line of the file', () => {
  writeFileSync(file, '4c2a1f0e9b8d4e7f8a6b5c4d3e2f1a0b\n');
  expect(machineId(file)).toBe('4c2a1f0e9b8d4e7f8a6b5c4d3e2f1a0b');
});

test.each(['', '\n', 'uninitialized\n'])('a file that holds %j names no machine', (content) => {
  writeFileSync(file, content);
  expect(machineId(file)).toBeNull();
});

test('a missing file names no machine', () => {
  expect(machineId(file)).toBeNull();
});
