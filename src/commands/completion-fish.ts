import { type CommandWords, type OptionWords, type Value, withDescendants } from './completion-words.ts';

/** `program` is the name that is completed. */
export function fishScript(root: CommandWords, program: string): string {
  const at = `__${program.replace(/\W/g, '_')}_at`;
  const all = [...withDescendants(root)];
  const offers = all.flatMap((command) =>
    offersOf(command).map(
      (offer) => `complete -c ${program} -n ${quoted(`${at} ${quoted(command.path)}`)} ${offer}`,
    ),
  );
  return `# fish completion for ${program}. To try it: ${program} completion fish | source
function ${at} -d 'Whether the command typed so far is this one'
    set -l words (commandline -opc)
    set -e words[1]
    set -l at ''
    set -l skip no
    for word in $words
        if test $skip = yes
            set skip no
            continue
        end
        switch "$at $word"
${all.flatMap(stepsFrom).join('\n')}
        end
    end
    test "$at" = "$argv[1]"
end
complete -c ${program} -f
${offers.join('\n')}
`;
}

/** Which words lead from a command to a command below it, and which are followed by a value. */
function stepsFrom({ path, commands, options }: CommandWords): string[] {
  const down = commands.map(
    (child) =>
      `            case ${quoted(`${path} ${child.name}`)}\n                set at ${quoted(child.path)}`,
  );
  const values = options
    .filter(({ value }) => value !== null)
    .flatMap(({ names }) => names.map((name) => quoted(`${path} ${name}`)));
  if (values.length === 0) return down;
  return [...down, `            case ${values.join(' ')}\n                set skip yes`];
}

function offersOf({ commands, options, argument }: CommandWords): string[] {
  const children = commands.map(({ name, description }) => `-a ${quoted(name)} -d ${quoted(description)}`);
  const operand = argument === null || commands.length > 0 ? '' : operandOffer(argument);
  return [...children, ...(operand === '' ? [] : [operand]), ...options.map(optionOffer)];
}

function operandOffer(value: Value): string {
  switch (value.kind) {
    case 'choice':
      return `-a ${quoted(value.choices.join(' '))}`;
    case 'file':
      return '-F';
    case 'directory':
      return `-a ${quoted('(__fish_complete_directories)')}`;
    case 'text':
      return '';
  }
}

function optionOffer({ names, description, value }: OptionWords): string {
  const switches = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  return [...switches, ...(value === null ? [] : [valueOffer(value)]), `-d ${quoted(description)}`].join(' ');
}

function valueOffer(value: Value): string {
  if (value.kind === 'file') return '-r -F';
  const offer = operandOffer(value);
  return offer === '' ? '-x' : `-x ${offer}`;
}

/** As fish takes it for one word. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
