import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseConfigText } from '../config/document.ts';
import { messageOf, RcError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';
import { makeDirectory } from '../make-directory.ts';
import { exampleFor } from '../service/configuration.ts';
import type { CommandContext } from './context.ts';

export interface ConfigInitOptions {
  /** As typed; undefined = the file of `--config`, else `rc-notify.config.yaml` here. */
  readonly file: string | undefined;
  /** Replace a file that is there. */
  readonly force: boolean;
}

/** Writes the commented example configuration. Throws RcError 1 where the file is there already or can not be written. */
export async function configInit(
  { io, configPath }: CommandContext,
  options: ConfigInitOptions,
): Promise<ExitCode> {
  const typed = options.file ?? configPath;
  const file = resolve(io.cwd, typed ?? 'rc-notify.config.yaml');
  const example = await exampleFor(file);
  await write(file, example, options.force);

  const named = typed === undefined ? '' : `--config ${typed} `;
  io.stdout.write(
    [
      `Wrote ${file}.`,
      '',
      'To try it without any server, on the screen, make these three lines say:',
      ...linesToEdit(example),
      'A relative path starts at the configuration file. The groups in it are examples.',
      '',
      `Then run: rc-notify ${named}config check`,
      `and then: rc-notify ${named}scan --dry-run`,
      '',
    ].join('\n'),
  );
  return ExitCode.OK;
}

/** What takes a server, as it is without one. */
const EDITS = [
  ['source.type', '  type: file'],
  ['source.file.path', '    path: rc-commands.csv'],
  ['channel', 'channel: terminal'],
] as const;

function linesToEdit(example: string): string[] {
  const { find } = parseConfigText(example);
  return EDITS.map(([key, line]) => {
    const number = find(key.split('.'))?.line;
    if (number === undefined) throw new Error(`the example lacks ${key}`);
    return `  line ${number}: ${line}`;
  });
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    makeDirectory(dirname(file), 0o777);
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
