import type { Argument, Command, Option } from 'commander';

/** What a value is completed from. */
export type Value =
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'file' | 'directory' | 'text' };

export interface OptionWords {
  /** `-v`, `--verbose`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Null for a flag. */
  readonly value: Value | null;
}

/** One command as a shell sees it. */
export interface CommandWords {
  /** Empty for the program itself, else such as `config check`. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  readonly argument: Value | null;
  readonly commands: readonly CommandWords[];
}

interface Parent {
  readonly path: readonly string[];
  readonly options: readonly OptionWords[];
  readonly commandNames: readonly string[];
}

const NO_PARENT: Parent = { path: [], options: [], commandNames: [] };

/** All that can be typed after the program's name; the options of a command include those of its parents. */
export function wordsOf(command: Command, parent: Parent = NO_PARENT): CommandWords {
  const help = command.createHelp();
  const own = help.visibleOptions(command).map(optionWords);
  const names = new Set(own.flatMap((option) => option.names));
  const inherited = parent.options.filter((option) => !option.names.some((name) => names.has(name)));
  const options = [...own, ...inherited];
  const children = help.visibleCommands(command);
  const commandNames = children.map((child) => child.name());
  const passedOn = options.filter(isPassedOn);
  const [argument] = command.registeredArguments;
  return {
    path: parent.path.join(' '),
    name: command.name(),
    description: help.subcommandDescription(command),
    options,
    argument: argument === undefined ? null : argumentValue(argument, parent.commandNames),
    commands: children.map((child) =>
      wordsOf(child, { path: [...parent.path, child.name()], options: passedOn, commandNames }),
    ),
  };
}

/** The command and all below it. */
export function* withDescendants(command: CommandWords): Generator<CommandWords> {
  yield command;
  for (const child of command.commands) yield* withDescendants(child);
}

/** As bash and zsh take it for one word. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The version belongs to the program alone; every command has a help of its own. */
function isPassedOn({ names }: OptionWords): boolean {
  return !names.includes('--version');
}

function optionWords(option: Option): OptionWords {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const [, placeholder = ''] = /[<[]([^>\]]+)[>\]]/.exec(option.flags) ?? [];
  const value = option.required || option.optional ? valueNamed(placeholder, option.argChoices) : null;
  return { names, description: option.description, value };
}

/** `help` takes the name of a command beside it. */
function argumentValue(argument: Argument, siblings: readonly string[]): Value {
  if (argument.name() === 'command') return { kind: 'choice', choices: siblings };
  return valueNamed(argument.name(), argument.argChoices);
}

function valueNamed(placeholder: string, choices: readonly string[] | undefined): Value {
  if (choices !== undefined) return { kind: 'choice', choices };
  if (/^(file|path)/i.test(placeholder)) return { kind: 'file' };
  return { kind: /^dir/i.test(placeholder) ? 'directory' : 'text' };
}
