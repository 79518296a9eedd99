import type { Command } from 'commander';
import { bashScript } from './completion-bash.ts';
import { fishScript } from './completion-fish.ts';
import { wordsOf } from './completion-words.ts';
import { zshScript } from './completion-zsh.ts';

const WRITERS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** A script that teaches the shell every command and option of the program. */
export function completionScript(program: Command, shell: 'bash' | 'zsh' | 'fish'): string {
  return WRITERS[shell](wordsOf(program), program.name());
}
