import { readFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../src/cli.ts';
import { run } from '../src/main.ts';
import { realRuntime } from '../src/runtime.ts';

const root = new URL('../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
const sink = () => new Writable({ write: (_chunk, _encoding, done) => done() });
const io = { stdin: Readable.from([]), stdout: sink(), stderr: sink(), env: {}, cwd: '/' };
const program = createProgram(io, realRuntime).command;

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

const commands = withSubcommands(program);
const nameOf = (command: Command): string =>
  command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`.trim();

describe.each(commands.map((command) => [nameOf(command), command] as const))('%s', (name, command) => {
  it('says in --help what it is for', () => {
    expect(command.description()).toMatch(/^[A-Z].{10,}\.$/);
    expect(command.helpInformation().replace(/\s+/g, ' ')).toContain(command.description());
  });

  it('says it in lines of 80 columns', async () => {
    let text = '';
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        text += chunk;
        done();
      },
    });
    await run([...name.split(' ').slice(1), '--help'], { ...io, stdout });
    expect(text).toContain('Usage: ');
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('is named in the README', () => {
    expect(readme).toContain(`\`${name.replace(/^rc-notify /, '')}`);
  });

  it('describes each option and argument in --help', () => {
    for (const option of command.options) {
      expect(option.description.length, option.flags).toBeGreaterThan(5);
      expect(command.helpInformation()).toContain(option.long);
    }
    for (const argument of command.registeredArguments) {
      expect(argument.description.length, argument.name()).toBeGreaterThan(5);
    }
  });

  it('has each option named in the README', () => {
    const missing = command.options.filter(({ long }) => !new RegExp(`${long}(?![a-z-])`).test(readme));
    expect(missing.map(({ flags }) => flags)).toEqual([]);
  });
});

describe('what the README promises', () => {
  it('names only commands that exist', () => {
    const known = new Set(commands.map((command) => command.name()));
    const named = [...readme.matchAll(/rc-notify ([a-z]+)/g)].map(([, name]) => name ?? '');
    expect(named.filter((name) => !known.has(name) && !['knows', 'is'].includes(name))).toEqual([]);
  });

  it('names only options that exist', () => {
    const known = new Set(commands.flatMap((command) => command.options.map(({ long }) => long)));
    known.add('--help');
    known.add('--allow-scripts'); // npm's
    const named = [...readme.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([name]) => name);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('lists every exit code', async () => {
    const { ExitCode } = await import('../src/exit-codes.ts');
    for (const code of Object.values(ExitCode)) expect(readme).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  });

  it('points only at files that are there', () => {
    for (const [, path = ''] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect(() => readFileSync(new URL(path, root)), path).not.toThrow();
    }
  });
});

describe('commands that other files tell people to run exist, with their options', () => {
  /** Words that follow the program's name without being a command. */
  const PROSE = ['is', 'does', 'umask', 'from', 'password'];
  const FILES = ['systemd/rc-notify-failure@.service', 'systemd/rc-notify.service', 'systemd/rc-notify.cron'];

  const DOCS = ['install', 'operations', 'oracle', 'whatsapp'].map((name) => `docs/${name}.md`);

  it.each([...FILES, 'systemd/README.md', ...DOCS])('%s', (file) => {
    const text = readFileSync(new URL(file, root), 'utf8').replaceAll('$$as ', 'rc-notify ');
    // In prose the name is a word like any other.
    const code = file.endsWith('.md') ? (text.match(/^ {4}.*|`[^`\n]+`/gm) ?? []).join('\n') : text;
    const called = [
      // Not the user in `sudo -u rc-notify mv ...`.
      ...code.matchAll(/(?<![\w/-]|-u )rc-notify (?!rc-notify)([a-z]+) ?([a-z]*)((?:.(?!rc-notify ))*)/g),
    ]
      .map(([, first = '', second = '', rest = '']) => ({ first, second, rest }))
      .filter(({ first }) => !PROSE.includes(first));
    expect(called).not.toEqual([]);
    for (const { first, second, rest } of called) {
      const command = program.commands.find((candidate) => candidate.name() === first);
      expect(command?.name(), `rc-notify ${first}`).toBe(first);
      const named = command?.commands.find((candidate) => candidate.name() === second) ?? command;
      const known = [...(named?.options ?? []), ...program.options].map(({ long }) => long);
      const options = [...rest.matchAll(/(?<![\w-])--[a-z-]+/g)].map(([option]) => option);
      expect(
        options.filter((option) => ![...known, '--help'].includes(option)),
        first,
      ).toEqual([]);
    }
  });
});
