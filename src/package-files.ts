/** A file beside `src/` or `dist/`, at the top of the package. This module must stay at the top of both for it. */
export function packageFile(name: string): URL {
  return new URL(`../${name}`, import.meta.url);
}
