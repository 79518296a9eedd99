import { fstatSync } from 'node:fs';
import type { Io, Output } from '../io.ts';
import { styleFor } from './colour.ts';
import { clearProgressLine } from './progress.ts';
import { escapeControls } from './visible.ts';
import { wrapText } from './wrap.ts';

/** Where the program tells what it does; always stderr. Fields are for machines and follow the sentence in text. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** What happened, its code, and on a line of its own what to do next. */
  failure(failure: { readonly code: string; readonly message: string; readonly hint: string }): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface LogOptions {
  readonly stderr: Output;
  readonly env: Io['env'];
  readonly format: 'text' | 'json';
  /** `quiet`: warnings and errors only; `verbose`: debug as well. */
  readonly level: 'quiet' | 'normal' | 'verbose';
  readonly colour: boolean;
  readonly now: () => Date;
  /** The file behind stderr, to compare with JOURNAL_STREAM. */
  readonly stderrFile?: () => { readonly dev: bigint; readonly ino: bigint };
}

type Level = Exclude<keyof Log, 'failure'>;
type Formatter = (level: Level, message: string, fields: LogFields) => string;

/** Priorities as sd-daemon(3) numbers them. */
const PRIORITY: Readonly<Record<Level, number>> = { error: 3, warn: 4, info: 6, debug: 7 };
const LEAST_URGENT = { quiet: PRIORITY.warn, normal: PRIORITY.info, verbose: PRIORITY.debug } as const;

export function createLog(options: LogOptions): Log {
  const { stderr, level: threshold } = options;
  const format = formatterFor(options);

  function write(level: Level, message: string, fields: LogFields = {}): void {
    if (PRIORITY[level] > LEAST_URGENT[threshold]) return;
    clearProgressLine(stderr);
    stderr.write(`${format(level, message, fields)}\n`);
  }

  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    failure: ({ code, message, hint }) =>
      options.format === 'json'
        ? write('error', message, { code, hint })
        : write('error', `${message.replace(/(?=\n|$)/, ` [${code}]`)}\n${hint}`),
  };
}

function formatterFor(options: LogOptions): Formatter {
  if (options.format === 'json') return jsonFormatter(options.now);
  if (isJournal(options)) return journalFormatter;
  const { stderr, colour, now } = options;
  return stderr.isTTY === true ? terminalFormatter(colour, stderr.columns ?? 80) : fileFormatter(now);
}

/** What JSON.stringify leaves as it is but a terminal obeys (DEL, C1) is escaped, still as JSON. */
function jsonFormatter(now: () => Date): Formatter {
  return (level, message, fields) =>
    escapeControls(JSON.stringify({ time: now().toISOString(), level, message, ...fields }));
}

/** The journal adds the time itself and keeps the priority of each line. */
const journalFormatter: Formatter = (level, message, fields) =>
  textLines(message, fields)
    .map((line) => `<${PRIORITY[level]}>${line}`)
    .join('\n');

function terminalFormatter(colour: boolean, columns: number): Formatter {
  const style = styleFor(colour);
  const words: Partial<Record<Level, readonly [word: string, styled: string]>> = {
    warn: ['warning', style.yellow('warning')],
    error: ['error', style.red('error')],
  };
  return (level, message, fields) => {
    const [word, styled] = words[level] ?? ['', ''];
    const prefix = word === '' ? '' : `${word}: `;
    const text = wrapText(`${prefix}${textLines(message, fields).join('\n')}`, columns);
    return `${styled}${text.slice(word.length)}`;
  };
}

/** For files and the mail of cron. Further lines are indented: no message can forge a record. */
function fileFormatter(now: () => Date): Formatter {
  return (level, message, fields) =>
    `${now().toISOString()} ${level.padEnd(5)} ${textLines(message, fields).join('\n  ')}`;
}

function textLines(message: string, fields: LogFields): string[] {
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${fieldText(value)}`);
  return `${message}${pairs.join('')}`.split('\n').map(escapeControls);
}

function fieldText(value: LogFields[string]): string {
  return typeof value === 'string' && !/^[^\s"=]+$/.test(value) ? JSON.stringify(value) : String(value);
}

/** JOURNAL_STREAM is `device:inode` of the socket to the journal: systemd.exec(5). */
function isJournal({ env, stderrFile = () => fstatSync(2, { bigint: true }) }: LogOptions): boolean {
  if (env.JOURNAL_STREAM === undefined) return false;
  try {
    const { dev, ino } = stderrFile();
    return env.JOURNAL_STREAM === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
