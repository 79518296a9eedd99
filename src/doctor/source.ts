import { accessSync, constants } from 'node:fs';
import { surveySource } from '../commands/config-check-survey.ts';
import { showSpan } from '../commands/config-check-warnings.ts';
import type { CommandContext } from '../commands/context.ts';
import type { Config } from '../config/config.ts';
import { RcError } from '../errors.ts';
import { unreadable } from '../source/file-errors.ts';
import { openSource } from '../source/open.ts';
import type { Survey } from '../source/port.ts';
import { type Finding, failedWith, ok, warning } from './finding.ts';

const NAME = 'source';

/** What can be said of the source without asking it; with `connect` it is read once, as a scan would. */
export async function checkSource(
  config: Config,
  { io, clock }: Pick<CommandContext, 'io' | 'clock'>,
  connect: boolean,
): Promise<Finding[]> {
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  try {
    const source = await openSource(config, { io, log: { warn } });
    const { type, file } = config.source;
    if (type === 'file' && file.path === '-') return [ok(NAME, source.description)];
    if (!connect && type === 'oracle') return [ok(NAME, `${source.description}, not asked (--connect does)`)];
    if (!connect) return [fileFinding(source.description, file.path)];
    const found: Partial<Survey> = {};
    const tell = (part: Partial<Survey>) => void Object.assign(found, part);
    const { commands, invalid } = await surveySource(source, config, clock, { tell, warn });
    const unusable = invalid === 0 ? '' : `, ${invalid} unusable`;
    return [
      ok(NAME, `${source.description}${about(found)}: ${commands} RC commands in progress${unusable}`),
      ...warnings.map((text) => warning(NAME, text, 'More about it: rc-notify config check')),
    ];
  } catch (thrown) {
    if (!(thrown instanceof RcError)) throw thrown;
    return [failedWith(NAME, thrown)];
  }
}

function about({ server, wholeRead }: Partial<Survey>): string {
  const version = server === undefined ? '' : `, Oracle Database ${server.version}`;
  return wholeRead === undefined ? version : `${version}, read in ${showSpan(wholeRead.ms)}`;
}

function fileFinding(description: string, path: string): Finding {
  try {
    accessSync(path, constants.R_OK);
    return ok(NAME, description);
  } catch (thrown) {
    return failedWith(NAME, unreadable(description, thrown));
  }
}
