/** The keys from the top of the configuration to a value; numbers are places in a list, from 0. */
export type KeyPath = readonly (string | number)[];

/** For people and for looking up: `pace.minGap`, `groups.byNocs["NOCS 1"]`, `rules.onlyNocs[0]`. */
export function formatKeyPath(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}

/** Whether one path leads to the other or they are the same. */
export function overlaps(a: KeyPath, b: KeyPath): boolean {
  const shorter = Math.min(a.length, b.length);
  return a.slice(0, shorter).every((key, at) => key === b[at]);
}

export function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (inner, key) => (isRecord(inner) || Array.isArray(inner) ? Reflect.get(inner, key) : undefined),
    value,
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
