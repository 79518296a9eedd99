import { RcError } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';

/** An own query that may be run. */
export interface Statement {
  /** Without the semicolon at its end. */
  readonly text: string;
  /** The binds it uses, in upper case, without the colon. */
  readonly binds: ReadonlySet<string>;
}

type Token = { readonly kind: 'word' | 'bind' | 'sign'; readonly text: string; readonly at: number };

const SKIPPED = /\s+|--[^\n]*|\/\*[\s\S]*?\*\//y;
/** Oracle's own quotes: q'[...]' and the like; what closes depends on what opens. */
const OWN_QUOTE = /n?q'(\S)/iy;
const QUOTED = /n?'(?:[^']|'')*'|"[^"]*"/iy;
const BIND = /:\s*(?:[\p{L}\d][\p{L}\d_$#]*|"[^"]*")/uy;
const WORD = /[\p{L}\d_$#]+/uy;
const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')', '<': '>' };

/**
 * Reads the text of an own query. Throws RcError 78 where it is anything but one SELECT (or WITH ... SELECT) that locks
 * nothing, or binds by number; the database is not asked.
 */
export function readStatement(content: string, path: string): Statement {
  const refuse = (why: string) => refused(path, why);
  const text = content.replace(/^\ufeff/, '');
  const tokens = tokenize(text, refuse);

  const end = tokens.findIndex((token) => token.text === ';');
  if (end >= 0 && end < tokens.length - 1) throw refuse('it has more than one statement');
  const statement = end < 0 ? tokens : tokens.slice(0, end);
  const words = statement.map(({ kind, text: word }) => (kind === 'bind' ? '' : word.toUpperCase()));

  const first = words.findIndex((word) => word !== '(');
  const [verb, object] = words.slice(Math.max(first, 0));
  if (first < 0 || verb === undefined) throw refuse('it is empty');
  if (verb !== 'SELECT' && verb !== 'WITH') throw refuse('it does not begin with SELECT or WITH');
  if (verb === 'WITH' && (object === 'FUNCTION' || object === 'PROCEDURE')) {
    throw refuse(`it declares a ${object.toLowerCase()}`);
  }
  if (words.some((word, index) => word === 'FOR' && words[index + 1] === 'UPDATE')) {
    throw refuse('FOR UPDATE locks rows');
  }
  return { text: end < 0 ? text : text.slice(0, tokens[end]?.at), binds: bindsOf(statement, refuse) };
}

function bindsOf(tokens: readonly Token[], refuse: (why: string) => RcError): Set<string> {
  const names = tokens.filter(({ kind }) => kind === 'bind').map(({ text }) => text.slice(1).trim());
  const odd = names.find((name) => !/^[a-z]\w*$/i.test(name));
  if (odd !== undefined) throw refuse(`the bind :${odd} is no name of letters, digits and _`);
  return new Set(names.map((name) => name.toUpperCase()));
}

function tokenize(text: string, refuse: (why: string) => RcError): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    const skipped = match(SKIPPED);
    if (skipped) {
      at += skipped[0].length;
      continue;
    }
    const ownQuote = match(OWN_QUOTE);
    if (ownQuote) {
      const opening = ownQuote[1] ?? '';
      const closing = text.indexOf(`${CLOSING[opening] ?? opening}'`, at + ownQuote[0].length);
      if (closing < 0) throw refuse("a text in q'...' does not end");
      at = closing + 2;
      tokens.push({ kind: 'sign', text: "'", at });
      continue;
    }
    const quoted = match(QUOTED);
    if (quoted) {
      tokens.push({ kind: 'sign', text: quoted[0].slice(-1), at });
      at += quoted[0].length;
      continue;
    }
    const [kind, found] = nextOf(match, tokens.at(-1)?.text === "'");
    const sign = found ?? text.charAt(at);
    if (found === undefined && /['"]/.test(sign)) throw refuse(`what begins with ${sign} does not end`);
    if (found === undefined && text.startsWith('/*', at)) throw refuse('a comment does not end');
    tokens.push({ kind, text: sign, at });
    at += sign.length;
  }
  return tokens;
}

/** A colon after a text is JSON's: `JSON_OBJECT('a':b)`. */
function nextOf(
  match: (pattern: RegExp) => RegExpExecArray | null,
  isAfterText: boolean,
): [Token['kind'], string | undefined] {
  const bind = isAfterText ? null : match(BIND);
  if (bind) return ['bind', bind[0]];
  const word = match(WORD);
  return word ? ['word', word[0]] : ['sign', undefined];
}

function refused(path: string, why: string): RcError {
  return new RcError({
    code: 'ERR_RC_ORACLE_QUERY',
    message: `The query in ${path} is not run: ${why}. Only a single SELECT (or WITH ... SELECT) is.`,
    hint: 'Correct the file, or set source.oracle.query: c2m; then run: rc-notify config check',
    exitCode: ExitCode.CONFIG,
  });
}
