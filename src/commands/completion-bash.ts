import { type CommandWords, quoted, type Value, withDescendants } from './completion-words.ts';

/** `program` is the name that is completed. */
export function bashScript(root: CommandWords, program: string): string {
  const name = `_${program.replace(/\W/g, '_')}`;
  const all = [...withDescendants(root)];
  return `# bash completion for ${program}. To try it: source <(${program} completion bash)
${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" command='' expects='' words='' word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    # bash takes the = of --option=value for a word.
    [[ $word == '=' ]] && continue
    if [[ -n $expects ]]; then expects=''; continue; fi
    case "$command $word" in
${lines(all.flatMap(stepsFrom))}
    esac
  done
  [[ $cur == '=' ]] && cur=''
  if [[ -z $expects && $cur == -* ]]; then
    case $command in
${lines(all.map((command) => `${quoted(command.path)}) words=${quoted(optionNames(command).join(' '))} ;;`))}
    esac
  elif [[ -z $expects ]]; then
    case $command in
${lines(all.flatMap(operandOf))}
    esac
  fi
  case $expects in
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
    choice*) words=\${expects#choice } ;;
  esac
  if [[ -n $words ]]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"); fi
}
complete -F ${name} ${program}
`;
}

function lines(all: readonly string[]): string {
  return all.map((line) => `      ${line}`).join('\n');
}

/** Which words lead from a command to a command below it, and which want a value next. */
function stepsFrom({ path, commands, options }: CommandWords): string[] {
  const down = commands.map(
    (child) => `${quoted(`${path} ${child.name}`)}) command=${quoted(child.path)} ;;`,
  );
  const values = options.flatMap(({ names, value }) =>
    value === null
      ? []
      : [`${names.map((name) => quoted(`${path} ${name}`)).join('|')}) expects=${expected(value)} ;;`],
  );
  return [...down, ...values];
}

function optionNames({ options }: CommandWords): string[] {
  return options.flatMap(({ names }) => names);
}

function operandOf({ path, commands, argument }: CommandWords): string[] {
  const value: Value | null =
    commands.length > 0 ? { kind: 'choice', choices: commands.map(({ name }) => name) } : argument;
  return value === null ? [] : [`${quoted(path)}) expects=${expected(value)} ;;`];
}

function expected(value: Value): string {
  return quoted(value.kind === 'choice' ? `choice ${value.choices.join(' ')}` : value.kind);
}
