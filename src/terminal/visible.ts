/**
 * C0 and C1 controls, bidirectional overrides and isolates, line and paragraph separators: whatever could move the
 * cursor, reorder a line or forge one.
 */
const ACTING = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text on one line with every control character spelled out, the way JSON spells it. */
export function escapeControls(text: string): string {
  return text.replace(
    ACTING,
    (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
