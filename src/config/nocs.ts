import type { Config } from './config.ts';

export interface Route {
  readonly groupId: string | null;
  readonly by: 'nocs' | 'default' | 'none';
}

/** What two spellings of one NOCS have in common: trimmed, case folded, blanks collapsed, NFC, nothing invisible. */
export function foldNocs(name: string): string {
  const visible = name
    .replace(/\p{Cf}/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
  // Upper case first: only so do ß and SS, or the two small sigmas, fold together.
  return visible.toUpperCase().toLowerCase().normalize('NFC');
}

/** The office as a sentence names it: `NOCS Azimpur`, also where its own name says NOCS already. */
export function nocsInWords(name: string): string {
  return /^nocs\b/i.test(name.trim()) ? name : `NOCS ${name}`;
}

/** Which group a NOCS as the source spells it is told in. */
export function createRouter(groups: Config['groups']): (nocsName: string | null) => Route {
  const byFoldedName = new Map(Object.entries(groups.byNocs).map(([name, id]) => [foldNocs(name), id]));
  const otherwise: Route =
    groups.default === null ? { groupId: null, by: 'none' } : { groupId: groups.default, by: 'default' };
  return (nocsName) => {
    const groupId = nocsName === null ? undefined : byFoldedName.get(foldNocs(nocsName));
    return groupId === undefined ? otherwise : { groupId, by: 'nocs' };
  };
}
