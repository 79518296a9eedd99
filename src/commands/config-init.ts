import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { packageFile } from '../package-files.ts';
import type { CommandContext } from './context.ts';

export interface ConfigInitOptions {
  /** As typed; undefined = the file of `--config`, else `rc-notify.config.yaml` here. */
  readonly file: string | undefined;
  /** Replace a file that is there. */
  readonly force: boolean;
}

const EXAMPLE = packageFile('config.example.yaml');
const SCHEMA = packageFile('config.schema.json');

/** Writes the commented example configuration. Throws RcError 1 where the file is there already or can not be written. */
export async function configInit(
  { io, configPath }: CommandContext,
  options: ConfigInitOptions,
): Promise<ExitCode> {
  const typed = options.file ?? configPath;
  const file = resolve(io.cwd, typed ?? 'rc-notify.config.yaml');
  const example = await readFile(EXAMPLE, 'utf8');
  await write(file, example.replace('$schema=./config.schema.json', `$schema=${SCHEMA.href}`), options.force);

  const named = typed === undefined ? '' : `--config ${typed} `;
  io.stdout.write(
    [
      `Wrote ${file}.`,
      '',
      'Edit in it:',
      '  source  where RC commands are read from',
      '  groups  the WhatsApp group of each NOCS',
      'To try it without any server: source.type: file, channel: terminal,',
      'and in source.file.path a CSV file of RC commands.',
      '',
      `Then run: rc-notify ${named}config check`,
      '',
    ].join('\n'),
  );
  return ExitCode.OK;
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: force ? 'w' : 'wx', mode: 0o640 });
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    const exists = code === 'EEXIST' && syscall === 'open';
    throw new RcError({
      code: exists ? 'ERR_RC_CONFIG_EXISTS' : 'ERR_RC_CONFIG_WRITE',
      message: exists
        ? `${file} is there already; it was left as it is.`
        : `${file} can not be written: ${messageOf(error)}.`,
      hint: exists
        ? 'Replace it: rc-notify config init --force; or look at it: rc-notify config show'
        : 'Name a file this user may write: rc-notify config init FILE',
      exitCode: ExitCode.FAILED,
      cause: error,
    });
  }
}
