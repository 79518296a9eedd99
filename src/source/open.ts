import type { Config } from '../config/config.ts';
import type { Io } from '../io.ts';
import type { Log } from '../terminal/log.ts';
import type { Source } from './port.ts';

export interface SourceSurroundings {
  readonly io: Pick<Io, 'stdin' | 'env'>;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * The configured source, or the file `override` (absolute, or `-`) read in its place. No row is read yet.
 * Throws RcError 78 where its format is not known, or its query or parameters can not be used.
 */
export async function openSource(
  { source, rules }: Config,
  { io, log }: SourceSurroundings,
  override?: string,
): Promise<Source> {
  if (source.type === 'file' || override !== undefined) {
    const { openFileSource } = await import('./file.ts');
    return openFileSource({ path: override ?? source.file.path, columns: source.columns }, io.stdin);
  }
  const { openOracleSource } = await import('./oracle/source.ts');
  const { oracle, columns } = source;
  return openOracleSource({ oracle, columns, alertAfter: rules.alertAfter }, { env: io.env, log });
}
