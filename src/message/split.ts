/** WhatsApp's own limit, in UTF-16 units. */
export const MAX_TEXT = 4096;

interface Part<T> {
  readonly text: string;
  readonly items: readonly T[];
}

type Render<T> = (items: readonly T[], part: number, parts: number) => string;

/**
 * `items` (at least one) in their order as rendered parts of at most 4096 units, each as full as it gets.
 * An item is never divided: the caller sees to it that one item alone fits.
 */
export function splitToFit<T>(items: readonly T[], render: Render<T>): Part<T>[] {
  const chunks: (readonly T[])[] = [];
  for (let start = 0; start < items.length; ) {
    const rest = items.length - start;
    const size = largestThatFits(rest, (count) => {
      const part = chunks.length + 1;
      // How many parts there will be is known only at the end; until then, the widest number it can be.
      const parts = count === rest ? part : items.length;
      return render(items.slice(start, start + count), part, parts).length <= MAX_TEXT;
    });
    chunks.push(items.slice(start, start + size));
    start += size;
  }
  return chunks.map((chunk, index) => ({ text: render(chunk, index + 1, chunks.length), items: chunk }));
}

/** Doubling before halving: never renders much more than one part holds. */
function largestThatFits(most: number, fits: (count: number) => boolean): number {
  let good = 1;
  while (good < most && fits(Math.min(good * 2, most))) good = Math.min(good * 2, most);
  let bad = good === most ? most + 1 : Math.min(good * 2, most);
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (fits(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
