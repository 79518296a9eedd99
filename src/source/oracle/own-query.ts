import { readFile } from 'node:fs/promises';
import { messageOf, RcError } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import { type BindValues, chooseBinds } from './binds.ts';
import { readStatement } from './statement.ts';

/** Throws RcError 78 where the file can not be read, is no single SELECT, or uses a bind that nobody gives. */
export async function readOwnQuery(
  path: string,
  values: BindValues,
): Promise<{ readonly text: string; readonly binds: BindValues }> {
  const { text, binds } = readStatement(await contentOf(path), path);
  return { text, binds: chooseBinds(binds, values, path) };
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RcError({
      code: 'ERR_RC_ORACLE_QUERY',
      message: `The query ${path} can not be read (${messageOf(cause)}).`,
      hint: 'Correct source.oracle.query, then run: rc-notify config check',
      exitCode: ExitCode.CONFIG,
      cause,
    });
  }
}
