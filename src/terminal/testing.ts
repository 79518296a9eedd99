import { PassThrough } from 'node:stream';

/** A stream that keeps what is written to it; a terminal of 80 columns where `terminal` is true. */
export function recordingStream(terminal: boolean) {
  const stream = new PassThrough();
  let written = '';
  stream.on('data', (chunk) => {
    written += chunk;
  });
  return Object.assign(stream, { isTTY: terminal, columns: 80, written: () => written });
}
