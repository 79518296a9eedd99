import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, RcError } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Io } from '../../io.ts';
import { shellWord } from '../../terminal/shell-word.ts';
import { groupToRead } from '../../users.ts';

/** Its name as a systemd credential. */
export const CREDENTIAL = 'oracle-password';
const VARIABLE = 'RC_NOTIFY_ORACLE_PASSWORD';
const READABLE_BY_OTHERS = 0o004;

/**
 * The database password: the systemd credential, else `passwordFile`, else the environment; without the newline at its
 * end. Throws RcError 78 where there is none, or others may read the file.
 */
export async function readPassword(passwordFile: string | null, env: Io['env']): Promise<string> {
  const credential = await readCredential(env.CREDENTIALS_DIRECTORY);
  if (credential !== null) return credential;
  if (passwordFile !== null) return readPasswordFile(passwordFile);
  const password = withoutNewline(env[VARIABLE] ?? '');
  if (password !== '') return password;
  throw refused('No password for the database is given.', `Set source.oracle.passwordFile, or ${VARIABLE}`);
}

async function readCredential(directory: string | undefined): Promise<string | null> {
  if (!directory) return null;
  const path = join(directory, CREDENTIAL);
  try {
    return await contentOf(await open(path), path);
  } catch (thrown) {
    if (isMissing(thrown)) return null;
    throw thrown instanceof RcError ? thrown : unreadable(path, thrown);
  }
}

async function readPasswordFile(path: string): Promise<string> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
  const { mode } = await file.stat();
  if ((mode & READABLE_BY_OTHERS) === 0) return contentOf(file, path);
  await file.close();
  throw refused(`The password file ${path} can be read by everybody, so it is not used.`, `chmod o= ${path}`);
}

async function contentOf(file: FileHandle, path: string): Promise<string> {
  try {
    const password = withoutNewline(await file.readFile('utf8'));
    if (password === '') throw refused(`The password file ${path} is empty.`, 'Write the password into it');
    return password;
  } catch (thrown) {
    throw thrown instanceof RcError ? thrown : unreadable(path, thrown);
  } finally {
    await file.close();
  }
}

function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}

function unreadable(path: string, cause: unknown): RcError {
  return refused(
    `The password file ${path} can not be read (${messageOf(cause)}).`,
    isMissing(cause)
      ? `Put it there: sudo install -m 0640 -g ${groupToRead()} password.txt ${shellWord(path)}; where only the service has it, as its credential, set source.oracle.passwordFile to null`
      : 'Let the user that runs rc-notify read it, for example: chown root:rc-notify and chmod 0640',
  );
}

function refused(message: string, next: string): RcError {
  return new RcError({
    code: 'ERR_RC_ORACLE_PASSWORD',
    message,
    hint: `${next}; then run: rc-notify config check`,
    exitCode: ExitCode.CONFIG,
  });
}
