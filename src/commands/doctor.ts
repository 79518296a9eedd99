import { examine } from '../doctor/examine.ts';
import { type Finding, keepConfig } from '../doctor/finding.ts';
import { type ExitCode, mostUrgentExitCode } from '../exit-codes.ts';
import type { Runtime } from '../runtime.ts';
import { styleFor } from '../terminal/colour.ts';
import { escapeControls } from '../terminal/visible.ts';
import { wrapText } from '../terminal/wrap.ts';
import type { CommandContext } from './context.ts';

export interface DoctorOptions {
  /** Connect to WhatsApp and read the source, under the scan lock. */
  readonly connect?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/**
 * Looks at every part and says how to mend it. Without `connect` it changes nothing. Returns the exit code of the worst
 * failure; warnings are none.
 */
export async function doctor(
  context: CommandContext,
  { connect = false, json = false }: DoctorOptions,
  runtime: Runtime,
): Promise<ExitCode> {
  const { stdout } = context.io;
  const checks: Finding[] = [];
  for await (const found of examine(context, connect, runtime)) {
    const finding = keepConfig(found, context.configPath);
    checks.push(finding);
    if (!json) stdout.write(line(finding, context.colour, stdout.columns ?? 80));
  }
  const exitCode = mostUrgentExitCode(checks.map((check) => check.exitCode));
  if (json) {
    const answer = { ok: checks.every(({ status }) => status === 'ok'), checks, exitCode };
    stdout.write(`${escapeControls(JSON.stringify(answer))}\n`);
  } else {
    stdout.write(`\n${verdict(checks)}\n`);
  }
  return exitCode;
}

const STATUS_WIDTH = 9;
const NAME_WIDTH = 15;

function line({ name, status, detail, mend }: Finding, colour: boolean, columns: number): string {
  const style = styleFor(colour);
  const paint = { ok: style.green, warning: style.yellow, failure: style.red, skipped: style.dim }[status];
  const head = `${paint(status.padEnd(STATUS_WIDTH))}${name.padEnd(NAME_WIDTH)}`;
  const indent = STATUS_WIDTH + NAME_WIDTH;
  const text = hanging(detail, indent, columns);
  return `${head}${text}\n${mend === null ? '' : `${' '.repeat(indent)}${hanging(`-> ${mend}`, indent, columns)}\n`}`;
}

function hanging(text: string, indent: number, columns: number): string {
  const wrapped = wrapText(text.split('\n').map(escapeControls).join('\n'), columns - indent);
  return wrapped.replace(/\n */g, `\n${' '.repeat(indent)}`);
}

function verdict(checks: readonly Finding[]): string {
  const count = (status: Finding['status'], word: string) => {
    const found = checks.filter((check) => check.status === status).length;
    return found === 0 ? [] : [`${found} ${word}${found === 1 ? '' : 's'}`];
  };
  const found = [...count('failure', 'failure'), ...count('warning', 'warning')];
  return found.length === 0 ? 'Everything is in order.' : `${found.join(', ')}.`;
}
