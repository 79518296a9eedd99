import { describeIssues, type Mistake } from './issues.ts';
import { isRecord, type KeyPath, overlaps, valueAt } from './key-path.ts';
import { type Contradiction, contradictions } from './rules.ts';
import { keysAt, type Settings, settingsSchema } from './schema.ts';

export type Validation =
  | { readonly settings: Settings }
  | { readonly mistakes: readonly Mistake[]; readonly contradictions: readonly Contradiction[] };

/** What the file says -> settings with the defaults filled in, or everything that is wrong with it at once. */
export function validate(value: unknown): Validation {
  const raw = withoutEmptySections(value);
  const parsed = settingsSchema.safeParse(raw);
  if (parsed.success) {
    const found = contradictions(parsed.data);
    return found.length === 0 ? { settings: parsed.data } : { mistakes: [], contradictions: found };
  }
  const mistakes = describeIssues(parsed.error.issues, raw);
  return { mistakes, contradictions: contradictionsBeside(mistakes, raw) };
}

/** A section whose every line is commented out is null in YAML. */
function withoutEmptySections(value: unknown, path: KeyPath = []): unknown {
  if (keysAt(path) === undefined) return value;
  if (value === null || value === undefined) return {};
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withoutEmptySections(inner, [...path, key])]),
  );
}

/** The contradictions among the values that are right: wrong ones are left out, and what depends on them is not judged. */
function contradictionsBeside(mistakes: readonly Mistake[], raw: unknown): Contradiction[] {
  const repaired = structuredClone(raw);
  for (const { path } of mistakes) remove(repaired, path);
  const parsed = settingsSchema.safeParse(repaired);
  if (!parsed.success) return [];
  const unsure = mistakes.flatMap(({ path, meant }) => (meant === undefined ? [path] : [path, meant]));
  return contradictions(parsed.data).filter(({ between, given }) =>
    [...between, ...given].every((path) => !unsure.some((other) => overlaps(path, other))),
  );
}

/** A wrong item takes its whole list along. */
function remove(value: unknown, path: KeyPath): void {
  const place = path.findIndex((key) => typeof key === 'number');
  const whole = place === -1 ? path : path.slice(0, place);
  const holder = valueAt(value, whole.slice(0, -1));
  const key = whole.at(-1);
  if (isRecord(holder) && key !== undefined) delete holder[key];
}
