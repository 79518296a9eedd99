const PLAIN = /^[!-~]+(?: [!-~]+)*$/;
const INVISIBLE = /\p{Cf}|(?!\s)\p{Cc}/gu;
// Joiners are part of how Bengali is spelled.
const INVISIBLE_BUT_JOINERS = /(?![\u200c\u200d])\p{Cf}|(?!\s)\p{Cc}/gu;

/** A number or code that must compare equal however it was exported: trimmed, blanks collapsed, nothing invisible; '' = null. */
export function cleanIdentifier(text: string | null): string | null {
  return clean(text, INVISIBLE);
}

/** A name for people, likewise, at most `limit` UTF-16 units. */
export function cleanName(text: string | null, limit: number): string | null {
  const name = clean(text, INVISIBLE_BUT_JOINERS);
  return name === null ? null : shorten(name, limit);
}

/** Text that came from outside, in quotes and short enough for a sentence to the operator. */
export function quote(text: string): string {
  return `"${shorten(clean(text.slice(0, 1000), INVISIBLE) ?? '', 40)}"`;
}

export function shorten(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/\p{Cs}$/u, '')}…`;
}

function clean(text: string | null, invisible: RegExp): string | null {
  if (text === null || text === '') return null;
  if (PLAIN.test(text)) return text;
  const cleaned = text
    .replace(invisible, '')
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/\s+/g, ' ')
    .trim();
  return cleaned === '' ? null : cleaned;
}
