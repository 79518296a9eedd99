import { createInterface } from 'node:readline';
import type { Io } from '../io.ts';
import { escapeControls } from './visible.ts';

/** Whether the person at the terminal agrees; null where there is nobody to ask. Anything but yes is no. */
export async function confirm(io: Io, question: string): Promise<boolean | null> {
  const answer = await ask(io, `${question} [y/N] `);
  return answer === null ? null : /^y(es)?$/i.test(answer);
}

/** The same for what must not be agreed to by habit: only the word itself is a yes. */
export async function askForWord(io: Io, question: string, word: string): Promise<boolean | null> {
  const answer = await ask(io, `${question} Type ${word} to go on: `);
  return answer === null ? null : answer === word;
}

/** The trimmed answer, empty at the end of the input; null without a terminal. */
function ask({ stdin, stderr }: Io, prompt: string): Promise<string | null> {
  if (stdin.isTTY !== true || stderr.isTTY !== true) return Promise.resolve(null);
  // terminal: false leaves editing and Ctrl+C to the terminal itself.
  const lines = createInterface({ input: stdin, output: stderr, terminal: false });
  return new Promise((resolve) => {
    lines.once('close', () => resolve(''));
    lines.question(escapeControls(prompt), (answer) => {
      resolve(answer.trim());
      lines.close();
    });
  });
}
