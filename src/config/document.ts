import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
} from 'yaml';
import { formatKeyPath, type KeyPath } from './key-path.ts';
import type { ConfigProblem } from './problem.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface ConfigDocument {
  /** What the file says, as plain values; undefined where it is no readable YAML. */
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** Where the file says it; undefined where it does not. */
  find(path: KeyPath): Position | undefined;
}

/** Reads YAML, and JSON as a part of it. Aliases stand for single values only: a few nested lists of them would fill the memory. */
export function parseConfigText(text: string): ConfigDocument {
  const lines = new LineCounter();
  // The parser's own search for duplicate keys is quadratic; indexNodes looks for them.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const unreadable = text.indexOf('\uFFFD');
  if (unreadable !== -1) {
    return {
      value: undefined,
      problems: [{ path: '', ...at(unreadable), message: 'the file is not UTF-8 text' }],
      find: () => undefined,
    };
  }
  const damage = firstPerLine(
    [...document.errors, ...document.warnings].map((error) => ({
      ...at(error.pos[0]),
      path: '',
      message: describeYamlError(error),
    })),
  );
  if (damage.length > 0) return { value: undefined, problems: damage, find: () => undefined };

  const index = indexNodes(document.contents, at);
  return {
    value: index.fatal ? undefined : document.toJS({ maxAliasCount: -1 }),
    problems: index.problems,
    find: (path) => index.positions.get(formatKeyPath(path)),
  };
}

/** One slip makes the parser stumble several times in a row. */
function firstPerLine(problems: ConfigProblem[]): ConfigProblem[] {
  const first = new Map<number | null, ConfigProblem>();
  for (const problem of problems) if (!first.has(problem.line)) first.set(problem.line, problem);
  return [...first.values()].slice(0, 10);
}

const IN_OUR_WORDS: Partial<Record<YAMLError['code'], string>> = {
  BAD_DIRECTIVE: 'a line can not begin with %',
  BAD_DQ_ESCAPE: 'a backslash in double quotes must be written twice',
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " in one line: put the value in quotes',
  MULTILINE_IMPLICIT_KEY: 'a key needs ": " and a value on the same line',
  MULTIPLE_DOCS: 'a second document begins here: a configuration is one document',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab can not indent YAML: use blanks',
  TAG_RESOLVE_FAILED: 'a tag has no meaning here: put text that begins with ! in quotes',
};

/** The parser's sentence; where that quotes a part of the file it is left out: a secret may be in it. */
function describeYamlError({ code, message }: YAMLError): string {
  if (code === 'UNEXPECTED_TOKEN') return message.replace(/: .*$/s, '');
  return IN_OUR_WORDS[code] ?? message;
}

interface Index {
  readonly positions: Map<string, Position>;
  readonly problems: ConfigProblem[];
  fatal: boolean;
}

function indexNodes(contents: Node | null, at: (offset: number) => Position): Index {
  const index: Index = { positions: new Map(), problems: [], fatal: false };
  const anchors = new Map<string, Node>();
  const refuse = (node: Node, message: string) => {
    index.fatal = true;
    index.problems.push({ path: '', ...at(node.range?.[0] ?? 0), message });
  };

  const visit = (node: unknown, path: KeyPath): void => {
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) refuse(node, 'an alias (*name) needs an anchor (&name) before it');
      else if (isCollection(target))
        refuse(node, 'an alias (*name) may only stand for a single value, not for a section or list');
      return;
    }
    if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isMap(node)) for (const pair of node.items) visitPair(pair, path);
    if (isSeq(node)) {
      node.items.forEach((item, place) => {
        note(item, [...path, place]);
        visit(item, [...path, place]);
      });
    }
  };

  const visitPair = ({ key, value }: Pair, path: KeyPath): void => {
    if (!isScalar(key)) {
      refuse(key as Node, 'a key must be plain text');
      return;
    }
    // A key is the text as written: 007 stays 007.
    if (typeof key.value !== 'string') key.value = key.source ?? String(key.value);
    const inner = [...path, String(key.value)];
    const earlier = index.positions.get(formatKeyPath(inner));
    if (earlier !== undefined) {
      const message = `is written twice; the first is in line ${earlier.line}`;
      index.problems.push({ path: formatKeyPath(inner), ...at(key.range?.[0] ?? 0), message });
    }
    note(key, inner);
    visit(value, inner);
  };

  const note = (node: unknown, path: KeyPath): void => {
    const offset = (node as Node).range?.[0];
    if (offset !== undefined) index.positions.set(formatKeyPath(path), at(offset));
  };

  visit(contents, []);
  return index;
}
