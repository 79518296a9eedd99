import qrcode from 'qrcode-terminal';
import type { Output } from '../io.ts';

/** Black on white whatever the terminal's own colours: a phone reads dark modules on a light ground. */
const DARK_ON_LIGHT = { begin: '\u001b[97;40m', end: '\u001b[0m' };

/** The place of a QR code on the screen. On a terminal a newer code is drawn over the older one. */
export class QrScreen {
  readonly #output: Output;
  readonly #colour: boolean;
  #lines = 0;

  constructor(output: Output, colour: boolean) {
    this.#output = output;
    this.#colour = colour;
  }

  get isEmpty(): boolean {
    return this.#lines === 0;
  }

  show(text: string): void {
    const code = this.#colour ? coloured(draw(text)) : draw(text);
    const up = this.#output.isTTY === true && this.#lines > 0 ? `\u001b[${this.#lines}A\u001b[J` : '';
    this.#output.write(`${up}${code}\n`);
    this.#lines = code.split('\n').length;
  }
}

/** Blocks are the light modules, so that it is right on a dark terminal even without colour. */
function draw(text: string): string {
  let drawn = '';
  qrcode.generate(text, { small: true }, (code) => {
    drawn = code;
  });
  return drawn;
}

function coloured(code: string): string {
  return code
    .split('\n')
    .map((line) => (line === '' ? '' : `${DARK_ON_LIGHT.begin}${line}${DARK_ON_LIGHT.end}`))
    .join('\n');
}
