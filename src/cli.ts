import { readFileSync } from 'node:fs';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from './commands/context.ts';
import { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import { packageFile } from './package-files.ts';
import type { Runtime } from './runtime.ts';
import { colourEnabled } from './terminal/colour.ts';
import { createLog, type Log } from './terminal/log.ts';

interface GlobalOptions {
  readonly config?: string;
  readonly color: boolean;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly logFormat: 'text' | 'json';
}

export interface Program {
  readonly command: Command;
  readonly log: () => Log;
  readonly logFormat: () => GlobalOptions['logFormat'];
  readonly exitCode: () => ExitCode;
}

type Act = (context: CommandContext) => Promise<ExitCode>;
/** Runs a command's action with a context made from the options every command takes. */
type Perform = (act: Act) => Promise<void>;

const EVERYDAY = 'Everyday:';
const CARE = 'Set-up and care:';

/** Every command and option, declared; what a command does is imported when it is used. */
export function createProgram(io: Io, runtime: Runtime): Program {
  let exitCode: ExitCode = ExitCode.OK;
  const program = rootCommand(io);
  const log = () => createLog({ ...logOptions(program, io), now: () => runtime.clock.now() });
  const perform: Perform = async (act) => {
    const { config, color } = program.opts<GlobalOptions>();
    const colour = colourEnabled(io.stdout, io.env, !color);
    exitCode = await act({ io, log: log(), clock: runtime.clock, configPath: config, colour });
  };
  declareLogin(program, perform, runtime);
  declareGroups(program, perform, runtime);
  declareScan(program, perform, runtime);
  declareHistory(program, perform);
  declareReset(program, perform);
  declareLogout(program, perform, runtime);
  declareConfig(program, perform);
  declarePreview(program, perform);
  declareTest(program, perform, runtime);
  declareMute(program, perform);
  declareService(program, perform);
  declareStatus(program, perform);
  declareDoctor(program, perform, runtime);
  declareBackup(program, perform);
  declareAdopt(program, perform);
  declareCompletion(program, perform);
  const logFormat = () => program.opts<GlobalOptions>().logFormat;
  return { command: program, log, logFormat, exitCode: () => exitCode };
}

function rootCommand(io: Io): Command {
  const root = new Command('rc-notify');
  return root
    .description(
      'Tells the local office about every remote connect command to a prepaid meter that is late, once.',
    )
    .version(packageVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .option('--config <file>', 'configuration file; else $RC_NOTIFY_CONFIG or the usual places')
    .option('--no-color', 'no colour; NO_COLOR does the same')
    .addOption(new Option('-v, --verbose', 'say more on stderr').conflicts('quiet'))
    .option('-q, --quiet', 'only warnings and errors on stderr')
    .addOption(
      new Option('--log-format <format>', 'form of the log on stderr')
        .choices(['text', 'json'])
        .default('text'),
    )
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(io.stdout.columns ?? 80, 100) })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => {
        // In JSON the error is one line of the log, and nothing else.
        if (root.opts<GlobalOptions>().logFormat !== 'json') io.stderr.write(text);
      },
    })
    .showHelpAfterError('(rc-notify <command> --help shows what it takes)')
    .exitOverride()
    .addHelpText('after', AFTER_HELP);
}

const AFTER_HELP = `
Examples:
  rc-notify config init            write a commented configuration
  rc-notify scan --dry-run         see what would be sent, to whom
  rc-notify scan                   what the scheduler runs every 15 minutes
  rc-notify history --meter 12345  what became of one meter

Exit codes: 0 ok, 1 failed, 4 fate of a message unknown, 64 usage, 65 data,
69 unavailable, 70 a bug, 73 state can not be written, 75 try again later,
77 no permission, 78 configuration.`;

function logOptions(program: Command, io: Io) {
  const { logFormat, quiet, verbose, color } = program.opts<GlobalOptions>();
  const level: 'quiet' | 'normal' | 'verbose' = quiet ? 'quiet' : verbose ? 'verbose' : 'normal';
  const { env, stderr } = io;
  return { stderr, env, format: logFormat, level, colour: colourEnabled(stderr, env, !color) };
}

function packageVersion(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function declareLogin(program: Command, perform: Perform, runtime: Runtime): void {
  program
    .command('login')
    .helpGroup(EVERYDAY)
    .description('Link this host to a WhatsApp number, by QR code or by a code typed on the phone.')
    .option('--phone <number>', 'show a code to type on this phone, instead of a QR code; with country code')
    .option('--headful', 'open Chromium with a window, for accounts that must pass a passkey')
    .option('--timeout <duration>', 'how long to wait for the phone (default: 3m)')
    .option('--replace', 'take this account in the place of the one scans sent as so far')
    .addOption(
      new Option('--restore', 'go back to the newest kept copy of the session').conflicts([
        'phone',
        'headful',
      ]),
    )
    .action((options) =>
      perform(async (context) => (await import('./commands/login.ts')).login(context, options, runtime)),
    );
}

function declareGroups(program: Command, perform: Perform, runtime: Runtime): void {
  program
    .command('groups')
    .helpGroup(EVERYDAY)
    .description('List the WhatsApp groups of the linked number with their ids.')
    .option('--match <text>', 'only those with this in their name')
    .addOption(
      new Option('--format <format>', 'how to print; yaml = to paste (default: table)').choices([
        'table',
        'json',
        'yaml',
      ]),
    )
    .option('--json', 'the same as --format json')
    .action((options) =>
      perform(async (context) => (await import('./commands/groups.ts')).groups(context, options, runtime)),
    );
}

function declareLogout(program: Command, perform: Perform, runtime: Runtime): void {
  program
    .command('logout')
    .helpGroup(CARE)
    .description('Unlink this host from its WhatsApp number, and remove the saved session.')
    .option('--yes', 'do not ask')
    .option('--reason <text>', 'why, for the audit')
    .action((options) =>
      perform(async (context) => (await import('./commands/logout.ts')).logout(context, options, runtime)),
    );
}

function declareTest(program: Command, perform: Perform, runtime: Runtime): void {
  program
    .command('test')
    .helpGroup(CARE)
    .description('Send one message marked [TEST] and wait for its ack: the fire drill.')
    .option('--group <id>', 'to this group')
    .option('--nocs <name>', 'to the group of this office')
    .option('--all', 'to each group of the configuration')
    .option('--json', 'print one JSON object')
    .action((options) =>
      perform(async (context) => (await import('./commands/test.ts')).test(context, options, runtime)),
    );
}

function declareScan(program: Command, perform: Perform, runtime: Runtime): void {
  program
    .command('scan')
    .helpGroup(EVERYDAY)
    .description(
      'Read RC commands in progress, tell each office about the late ones, once. What the scheduler runs.',
    )
    .addOption(
      new Option('--dry-run', 'decide and print the messages; send, write and create nothing').conflicts(
        'baseline',
      ),
    )
    .option('--baseline', 'record what is late now as told, without sending')
    .option('--explain', 'show each late command with the reason it is told or not')
    .option('--source <file>', 'read this file instead of the configured source; "-" = standard input')
    .option('--nocs <name...>', 'only these offices')
    .option('--limit <n>', 'send at most so many messages', positiveInteger)
    .option('--json', 'print one JSON object')
    .action((options) =>
      perform(async (context) => {
        const { scanCommand } = await import('./commands/scan.ts');
        const { dryRun = false, baseline = false, explain = false, json = false } = options;
        const { source, nocs, limit } = options;
        return scanCommand(context, { dryRun, baseline, explain, json, source, nocs, limit }, runtime);
      }),
    );
}

function declareHistory(program: Command, perform: Perform): void {
  program
    .command('history')
    .helpGroup(EVERYDAY)
    .description('Show what was told, newest first. Reads the ledger only, also while a scan runs.')
    .option('--meter <number>', "one meter's whole story")
    .option('--nocs <name>', 'one office')
    .addOption(new Option('--status <status>', 'by duration status').choices(['ALERT', 'STUCK']))
    .addOption(
      new Option('--send-status <status>', 'by send status').choices([
        'pending',
        'sending',
        'sent',
        'failed',
        'unknown',
        'cancelled',
      ]),
    )
    .option('--since <date>', 'from then on: 2026-01-31, "2026-01-31 14:00", or 7d back')
    .option('--until <date>', 'up to then')
    .option('--limit <n>', 'at most so many rows (default: 50)')
    .addOption(
      new Option('--format <format>', 'how to print (default: table)').choices(['table', 'json', 'csv']),
    )
    .option('--stats', 'counts and times instead of rows')
    .option('--json', 'the same as --format json')
    .action((options) =>
      perform(async (context) => (await import('./commands/history.ts')).historyCommand(context, options)),
    );
}

function declareReset(program: Command, perform: Perform): void {
  program
    .command('reset')
    .helpGroup(EVERYDAY)
    .description('Release notifications, so that a meter still late is told again. Rows stay for the audit.')
    .option('--meter <number>', 'those of one meter')
    .option('--nocs <name>', 'those of one office')
    .option('--failed', 'those that failed')
    .option('--before <date>', 'those made before: 2026-01-31, or 30d back')
    .option('--all', 'all of them')
    .option('--unknown', 'decide those of unknown fate; needs --as')
    .addOption(
      new Option('--as <fate>', 'with --unknown: what is true of them').choices(['sent', 'not-sent']),
    )
    .option('--reason <text>', 'why, for the audit')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'only show what would be released')
    .option('--json', 'print one JSON object')
    .action((options) =>
      perform(async (context) => (await import('./commands/reset.ts')).reset(context, options)),
    );
}

function declareConfig(program: Command, perform: Perform): void {
  const config = program
    .command('config')
    .helpGroup(CARE)
    .description('Make, check and show the configuration.');
  config
    .command('init')
    .description('Write a commented configuration to start from.')
    .argument('[file]', 'where to (default: rc-notify.config.yaml here)')
    .option('--force', 'replace a file that is there')
    .action((file: string | undefined, { force = false }) =>
      perform(async (context) =>
        (await import('./commands/config-init.ts')).configInit(context, { file, force }),
      ),
    );
  config
    .command('check')
    .description(
      'List every mistake with its line; survey the source; show which group each of its offices would get.',
    )
    .option('--json', 'print one JSON object')
    .action(({ json = false }) =>
      perform(async (context) => (await import('./commands/config-check.ts')).configCheck(context, { json })),
    );
  config
    .command('show')
    .description('Show the effective configuration and where each value comes from; secrets are masked.')
    .option('--json', 'print one JSON object')
    .action(({ json = false }) =>
      perform(async (context) => (await import('./commands/config-show.ts')).configShow(context, { json })),
    );
  config
    .command('schema')
    .description('Print the JSON Schema that editors complete from.')
    .option('--json', 'the same: it is JSON')
    .action(() =>
      perform(async (context) => (await import('./commands/config-schema.ts')).configSchema(context)),
    );
}

function declarePreview(program: Command, perform: Perform): void {
  program
    .command('preview')
    .helpGroup(CARE)
    .description('Show the message of a sample or of a meter. Sends nothing.')
    .option('--meter <number>', 'a meter of the ledger or the source, instead of the sample')
    .option('--nocs <name>', 'as if for this office')
    .addOption(new Option('--status <status>', 'as if of this status').choices(['ALERT', 'STUCK']))
    .option('--digest <n>', 'a digest of so many meters')
    .option('--json', 'print one JSON object')
    .action((options) =>
      perform(async (context) => (await import('./commands/preview.ts')).preview(context, options)),
    );
}

function declareMute(program: Command, perform: Perform): void {
  program
    .command('mute')
    .helpGroup(CARE)
    .description('Send nothing about a meter or an office for a while; what is still late then is told.')
    .option('--meter <number>', 'this meter')
    .option('--nocs <name>', 'this office')
    .option('--for <duration>', 'for so long: 12h, 7d')
    .option('--until <date>', 'until then: 2026-01-31, "2026-01-31 14:00"')
    .option('--end', 'end the mute now')
    .option('--list', 'show what is muted')
    .option('--reason <text>', 'why, for the audit')
    .option('--json', 'with --list: print one JSON object')
    .action((options) =>
      perform(async (context) => (await import('./commands/mute.ts')).mute(context, options)),
    );
}

function declareService(program: Command, perform: Perform): void {
  const service = program
    .command('service')
    .helpGroup(CARE)
    .description('Have systemd run a scan every 15 minutes, as a user of its own.');
  const dryRun = ['--dry-run', 'only show what would be done'] as const;
  service
    .command('install')
    .description('Put units, user, directories and a first configuration in place, or bring them up to date.')
    .option(...dryRun)
    .action(({ dryRun = false }) =>
      perform(async (context) => (await import('./commands/service.ts')).serviceInstall(context, { dryRun })),
    );
  service
    .command('uninstall')
    .description('Take the units away. State, configuration and user stay.')
    .option(...dryRun)
    .action(({ dryRun = false }) =>
      perform(async (context) =>
        (await import('./commands/service.ts')).serviceUninstall(context, { dryRun }),
      ),
    );
}

function declareStatus(program: Command, perform: Perform): void {
  program
    .command('status')
    .helpGroup(CARE)
    .description('Show the last scans, what waits and why, and what is coming. Also while a scan runs.')
    .option('--json', 'print one JSON object')
    .option(
      '--prometheus <file>',
      `write metrics for node_exporter's textfile collector instead; "-" = standard output`,
    )
    .action((options) =>
      perform(async (context) => (await import('./commands/status.ts')).status(context, options)),
    );
}

function declareDoctor(program: Command, perform: Perform, runtime: Runtime): void {
  program
    .command('doctor')
    .helpGroup(CARE)
    .description('Look at every part and name the command that mends it. Changes nothing without --connect.')
    .option('--connect', 'connect to WhatsApp, look at each group, and read the source once')
    .option('--json', 'print one JSON object')
    .action((options) =>
      perform(async (context) => (await import('./commands/doctor.ts')).doctor(context, options, runtime)),
    );
}

function declareBackup(program: Command, perform: Perform): void {
  program
    .command('backup')
    .helpGroup(CARE)
    .description('Copy the ledger and the linked session to a folder, also while a scan runs.')
    .argument('<dir>', 'the folder; made where it does not exist')
    .option('--json', 'print one JSON object')
    .action((directory: string, { json = false }) =>
      perform(async (context) => (await import('./commands/backup.ts')).backup(context, directory, { json })),
    );
}

function declareAdopt(program: Command, perform: Perform): void {
  program
    .command('adopt')
    .helpGroup(CARE)
    .description('Take over a ledger that was moved here from another machine.')
    .option('--yes', 'do not ask')
    .option('--reason <text>', 'why, for the audit')
    .action((options) =>
      perform(async (context) => (await import('./commands/adopt.ts')).adopt(context, options)),
    );
}

function declareCompletion(program: Command, perform: Perform): void {
  program
    .command('completion')
    .helpGroup(CARE)
    .description('Print a completion script for a shell.')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .action((shell: 'bash' | 'zsh' | 'fish') =>
      perform(async ({ io }) => {
        const { completionScript } = await import('./commands/completion.ts');
        io.stdout.write(completionScript(program, shell));
        return ExitCode.OK;
      }),
    );
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}
