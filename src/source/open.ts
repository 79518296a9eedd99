import type { Config } from '../config/config.ts';
import { RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Source } from './port.ts';

/**
 * The configured source, or the file `override` (absolute, or `-`) read in its place. Nothing is read yet.
 * Throws RcError 78 where the type is not part of this version.
 */
export async function openSource(
  { source }: Config,
  stdin: NodeJS.ReadableStream,
  override?: string,
): Promise<Source> {
  if (source.type === 'file' || override !== undefined) {
    const { openFileSource } = await import('./file.ts');
    return openFileSource({ path: override ?? source.file.path, columns: source.columns }, stdin);
  }
  throw new RcError({
    code: 'ERR_RC_NOT_IN_THIS_VERSION',
    message: 'The Oracle source is not part of this version.',
    hint: 'Set source.type: file in the configuration, then run: rc-notify config check',
    exitCode: ExitCode.CONFIG,
  });
}
