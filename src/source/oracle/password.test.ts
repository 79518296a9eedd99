import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPassword } from './password.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rc-notify-password-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function put(name: string, content: string, mode = 0o640): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe('the password', () => {
  it.each([
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret', 'secret'],
    [' se cret \n\n', ' se cret \n'],
  ])('in a file loses one newline at its end and nothing else: %j', async (content, password) => {
    expect(await readPassword(put('password', content), {})).toBe(password);
  });

  it('comes from the systemd credential, else the file, else the environment', async () => {
    const env = { CREDENTIALS_DIRECTORY: directory, RC_NOTIFY_ORACLE_PASSWORD: 'from the environment' };
    const file = put('password', 'from the file');
    expect(await readPassword(null, env)).toBe('from the environment');
    expect(await readPassword(file, env)).toBe('from the file');
    put('oracle-password', 'from systemd\n', 0o440);
    expect(await readPassword(file, env)).toBe('from systemd');
  });

  it.each([
    ['readable by everybody', 0o644, 'secret', /can be read by everybody/],
    ['empty', 0o600, '\n', /is empty/],
  ])('in a file that is %s is refused', async (_name, mode, content, message) => {
    const refused = readPassword(put('password', content, mode), {});
    await expect(refused).rejects.toMatchObject({ exitCode: 78, message: expect.stringMatching(message) });
    await expect(refused).rejects.not.toThrow('secret');
  });

  it('that can not be had is asked for', async () => {
    await expect(readPassword(null, {})).rejects.toMatchObject({
      exitCode: 78,
      hint: expect.stringMatching(/passwordFile, or RC_NOTIFY_ORACLE_PASSWORD/),
    });
    const file = join(directory, 'none');
    await expect(readPassword(file, {})).rejects.toMatchObject({
      message: expect.stringMatching(/can not be read/),
      hint: expect.stringMatching(
        new RegExp(`sudo install -m 0640 -g \\S+ password\\.txt ${file}; .+passwordFile to null; then run`),
      ),
    });
    mkdirSync(join(directory, 'oracle-password'));
    await expect(readPassword(null, { CREDENTIALS_DIRECTORY: directory })).rejects.toThrow(/can not be read/);
  });
});
