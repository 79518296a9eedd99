import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { afterAll, expect, test } from 'vitest';
import { createProgram } from '../cli.ts';
import { realRuntime } from '../runtime.ts';
import { completionScript } from './completion.ts';

const directory = mkdtempSync(join(tmpdir(), 'rc-notify-completion-'));
afterAll(() => rmSync(directory, { recursive: true }));
mkdirSync(join(directory, 'copies of ledgers'));
writeFileSync(join(directory, 'commands today.csv'), '');

function realProgram(): Command {
  const stream = () => new PassThrough();
  const io = { stdin: stream(), stdout: stream(), stderr: stream(), env: {}, cwd: directory };
  return createProgram(io, realRuntime).command;
}

const program = realProgram();
writeFileSync(join(directory, 'completion.bash'), completionScript(program, 'bash'));

/** What bash offers for the last of the words, as bash itself divides the line. */
function offered(...words: string[]): string[] {
  const script = `source ./completion.bash
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _rc_notify
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['--norc', '-c', script, 'bash', 'rc-notify', ...words], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return output.split('\n').filter((line) => line !== '');
}

test('bash registers the function for the command', () => {
  const script = 'source ./completion.bash; complete -p rc-notify';
  expect(execFileSync('bash', ['--norc', '-c', script], { cwd: directory, encoding: 'utf8' })).toBe(
    'complete -F _rc_notify rc-notify\n',
  );
});

test('bash offers every command', () => {
  const commands = program.createHelp().visibleCommands(program);
  expect(offered('').sort()).toEqual(commands.map((command) => command.name()).sort());
});

test.each<[string[], string[]]>([
  [['sc'], ['scan']],
  [['config', 'sch'], ['schema']],
  [['help', 'pre'], ['preview']],
  [['scan', '--so'], ['--source']],
  [['--verb'], ['--verbose']],
  [['scan', '--verb'], ['--verbose']],
  [
    ['reset', '--unknown', '--as', ''],
    ['sent', 'not-sent'],
  ],
  [
    ['reset', '--unknown', '--as', '='],
    ['sent', 'not-sent'],
  ],
  [['reset', '--unknown', '--as', '=', 'n'], ['not-sent']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['--log-format', 'j'], ['json']],
  [['--config', 'scan', 'his'], ['history']],
  [
    ['history', '--meter', 'reset', '--st'],
    ['--status', '--stats'],
  ],
  [['scan', '--source', 'comm'], ['commands today.csv']],
  [['backup', 'cop'], ['copies of ledgers']],
  [['backup', 'comm'], []],
  [['history', '--meter', ''], []],
  [['scan', ''], []],
])('bash completes %j to %j', (typed, expected) => {
  expect(offered(...typed)).toEqual(expected);
});

test('bash offers every option of every command, and the version at the top only', () => {
  for (const [path, options] of optionsByCommand(program)) {
    expect(offered(...path, '-')).toEqual(expect.arrayContaining(options));
  }
  expect(offered('--vers')).toEqual(['--version']);
  expect(offered('scan', '--vers')).toEqual([]);
});

/** The long options a command declares itself. */
function optionsByCommand(command: Command, path: string[] = []): [string[], string[]][] {
  const options = command.options.flatMap(({ long }) => long ?? []);
  const below = command.commands.flatMap((child) => optionsByCommand(child, [...path, child.name()]));
  return [[path, options], ...below];
}

test.each(['zsh', 'fish'] as const)('the script for %s names every command and option', (shell) => {
  const script = completionScript(program, shell);
  for (const [path, options] of optionsByCommand(program)) {
    for (const word of path) expect(script).toMatch(new RegExp(`'${word}[:']`));
    for (const option of options) {
      expect(script).toContain(shell === 'fish' ? `-l ${option.slice(2)} ` : `${option}`);
    }
  }
});

test('the script for fish asks for files, directories and choices where they are wanted', () => {
  const script = completionScript(program, 'fish');
  expect(script).toMatch(/at \\'scan\\'' -l source -r -F -d/);
  expect(script).toMatch(/at \\'backup\\'' -a '\(__fish_complete_directories\)'/);
  expect(script).toMatch(/at \\'reset\\'' -l as -x -a 'sent not-sent' -d/);
});

test('the script for zsh asks for files, directories and choices where they are wanted', () => {
  const script = completionScript(program, 'zsh');
  expect(script).toMatch(/'--source=\[.*\]:value:_files'/);
  expect(script).toContain("'1:backup:_files -/'");
  expect(script).toMatch(/'--as=\[.*\]:value:\(sent not-sent\)'/);
  expect(script).toContain('(-q --quiet)--quiet[');
});
