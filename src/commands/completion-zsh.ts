import {
  type CommandWords,
  type OptionWords,
  quoted,
  type Value,
  withDescendants,
} from './completion-words.ts';

/** `program` is the name that is completed. */
export function zshScript(root: CommandWords, program: string): string {
  const name = `_${program.replace(/\W/g, '_')}`;
  const functions = [...withDescendants(root)].map((command) => completer(command, name));
  return `#compdef ${program}
# zsh completion for ${program}. To try it: source <(${program} completion zsh)
${functions.join('\n')}
if [[ \${funcstack[1]} == ${name} ]]; then
  ${name} "$@"
else
  compdef ${name} ${program}
fi
`;
}

function completer(command: CommandWords, name: string): string {
  const options = command.options.flatMap(optionSpecs);
  return command.commands.length > 0 ? branch(command, name, options) : leaf(command, name, options);
}

function functionName(name: string, path: string): string {
  return path === '' ? name : `${name}_${path.replace(/\W/g, '_')}`;
}

function branch({ path, commands }: CommandWords, name: string, options: readonly string[]): string {
  const described = commands.map((child) => quoted(`${child.name}:${escaped(child.description)}`));
  const arms = commands.map((child) => `${quoted(child.name)}) ${functionName(name, child.path)} ;;`);
  return `${functionName(name, path)}() {
  local context state state_descr line curcontext="$curcontext"
  typeset -A opt_args
  _arguments -C ${[...options, `'1: :->command'`, `'*:: :->rest'`].join(' \\\n    ')}
  case $state in
    command)
      local -a commands=(
        ${described.join('\n        ')}
      )
      _describe command commands ;;
    rest)
      case $line[1] in
        ${arms.join('\n        ')}
      esac ;;
  esac
}
`;
}

function leaf({ path, argument }: CommandWords, name: string, options: readonly string[]): string {
  const operand = argument === null ? [] : [quoted(`1:${path}:${action(argument)}`)];
  return `${functionName(name, path)}() {
  _arguments ${[...options, ...operand].join(' \\\n    ')}
}
`;
}

function optionSpecs({ names, description, value }: OptionWords): string[] {
  const exclusive = names.length > 1 ? `(${names.join(' ')})` : '';
  const rest = value === null ? '' : `:value:${action(value)}`;
  return names.map((name) => {
    const equals = value !== null && name.startsWith('--') ? '=' : '';
    return quoted(`${exclusive}${name}${equals}[${escaped(description)}]${rest}`);
  });
}

function action(value: Value): string {
  switch (value.kind) {
    case 'choice':
      return `(${value.choices.join(' ')})`;
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'text':
      return ' ';
  }
}

/** `:` and brackets divide the parts of a specification. */
function escaped(description: string): string {
  return description.replace(/[\\[\]:]/g, '\\$&');
}
