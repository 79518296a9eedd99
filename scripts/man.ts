// man/rc-notify.1, from the commands as src/cli.ts declares them and the README's table of exit codes: `npm run man`.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { createProgram } from '../src/cli.ts';
import { realRuntime } from '../src/runtime.ts';

const root = new URL('../', import.meta.url);
const PAGE = new URL('man/rc-notify.1', root);

/** The whole page as roff. */
export function manPage(): string {
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  const io = { stdin: Readable.from([]), stdout: sink, stderr: sink, env: {}, cwd: '/' };
  const program = createProgram(io, realRuntime).command;
  const commands = withSubcommands(program).filter((command) => command.commands.length === 0);
  return `${[
    `.TH RC\\-NOTIFY 1 "" "rc\\-notify ${escaped(program.version() ?? '')}" "User Commands"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    'rc\\-notify \\- tell the local office about every late remote connect command, once',
    '.SH SYNOPSIS',
    ...commands.flatMap((command) => [...(command === commands[0] ? [] : ['.br']), synopsis(command)]),
    '.SH DESCRIPTION',
    DESCRIPTION,
    '.SH COMMANDS',
    ...commands.flatMap(commandSection),
    '.SH OPTIONS OF EVERY COMMAND',
    ...options(program),
    '.SH EXIT STATUS',
    'The first that applies, in this order:',
    ...exitCodes().flatMap(([code, when]) => ['.TP', `.B ${code}`, escaped(when)]),
    FURTHER,
  ].join('\n')}\n`;
}

function withSubcommands(command: Command): Command[] {
  const children = command.createHelp().visibleCommands(command);
  return [command, ...children.filter((child) => child.name() !== 'help').flatMap(withSubcommands)];
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function synopsis(command: Command): string {
  const operands = command.registeredArguments.map((argument) =>
    argument.required ? `\\fI${escaped(argument.name())}\\fR` : `[\\fI${escaped(argument.name())}\\fR]`,
  );
  return [`\\fB${escaped(nameOf(command))}\\fR`, '[\\fIoptions\\fR]', ...operands].join(' ');
}

function commandSection(command: Command): string[] {
  const help = command.createHelp();
  const operands = command.registeredArguments.flatMap((argument) => [
    '.TP',
    `.I ${escaped(argument.name())}`,
    sentence(help.argumentDescription(argument)),
  ]);
  return [
    `.SS ${escaped(nameOf(command).replace(/^rc-notify /, ''))}`,
    escaped(command.description()),
    ...operands,
    ...options(command),
  ];
}

function options(command: Command): string[] {
  const help = command.createHelp();
  const shown = help
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help' || command.parent === null);
  return shown.flatMap((option) => ['.TP', flags(option.flags), sentence(help.optionDescription(option))]);
}

/** `-v, --verbose <text>`: what is typed in bold, what stands for something else in italics. */
function flags(text: string): string {
  const words = text.split(/([<[][^>\]]+[>\]])/).filter((word) => word !== '');
  const font = (word: string) =>
    /^[<[]/.test(word) ? `\\fI${escaped(word.replace(/[<>]/g, ''))}\\fR` : bold(word);
  return words.map(font).join('');
}

function bold(text: string): string {
  return text.replace(/[^\s,]+/g, (word) => `\\fB${escaped(word)}\\fR`);
}

/** As it stands in --help, made a sentence. */
function sentence(text: string): string {
  const end = /[.!?)]$/.test(text) ? '' : '.';
  return escaped(text.charAt(0).toUpperCase() + text.slice(1) + end);
}

function exitCodes(): [code: string, when: string][] {
  const readme = readFileSync(new URL('README.md', root), 'utf8');
  return [...readme.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code = '', when = '']) => [
    code,
    sentence(when.replaceAll('`', '')),
  ]);
}

/** Hyphens that are typed stay hyphens; no line begins with a request; `\` and quotation marks mean themselves. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

const DESCRIPTION = `When a prepaid customer without credit pays, the utility sends the meter a remote connect (RC) command. Sometimes it
hangs, and the customer sits in the dark.
.B rc\\-notify scan
is run by the scheduler every 15 minutes, reads which commands are still in progress, and tells the local office (NOCS) in
its WhatsApp group about each meter that is late, once.
.PP
Nothing is asked where there is no terminal. Data goes to standard output, everything else to standard
error; under systemd its lines carry their priority.`;

const FURTHER = `.SH ENVIRONMENT
.TP
.B RC_NOTIFY_CONFIG
The configuration, where \\fB\\-\\-config\\fR names none.
.TP
.BR XDG_CONFIG_HOME ", " XDG_STATE_HOME ", " HOME
Where the configuration is looked for and the state is kept, where nothing else says so.
.TP
.B STATE_DIRECTORY
The state directory where the configuration names none; set by systemd.
.TP
.B CREDENTIALS_DIRECTORY
Set by systemd; the credential \\fIoracle\\-password\\fR in it goes before \\fIsource.oracle.passwordFile\\fR.
.TP
.B RC_NOTIFY_ORACLE_PASSWORD
The database's password, where neither of the two is there.
.TP
.B PUPPETEER_EXECUTABLE_PATH
Chromium, where \\fIwhatsapp.browser.executablePath\\fR is not set.
.TP
.B NO_COLOR
Set to anything: no colour.
.SH FILES
.TP
.I ./rc\\-notify.config.yaml
.TQ
.I $XDG_CONFIG_HOME/rc\\-notify/config.yaml
.TQ
.I /etc/rc\\-notify/config.yaml
The configuration; the first that exists.
.TP
.I /var/lib/rc\\-notify
The state of the installed service: \\fIledger.db\\fR (SQLite, for queries of your own:
.BR sqlite3 (1))
and \\fIwhatsapp/\\fR, the linked session, which is worth as much as a password.
.TP
.I /usr/local/lib/systemd/system/rc\\-notify.timer
.TQ
.I /usr/local/lib/systemd/system/rc\\-notify.service
.TQ
.I /usr/local/lib/systemd/system/rc\\-notify\\-failure@.service
The units that \\fBrc\\-notify service install\\fR puts there. What they say: \\fBjournalctl \\-t rc\\-notify\\fR.
.SH EXAMPLES
.nf
rc\\-notify config init
rc\\-notify scan \\-\\-dry\\-run \\-\\-explain
sudo rc\\-notify service install
sudo \\-u rc\\-notify rc\\-notify login
sudo \\-u rc\\-notify rc\\-notify history \\-\\-meter 12345678
sudo systemctl enable \\-\\-now rc\\-notify.timer
.fi
.SH SEE ALSO
.BR systemd.timer (5),
.BR systemd.exec (5),
.BR crontab (5),
.BR sqlite3 (1)`;

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, manPage());
