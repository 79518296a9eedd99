/** The same values in lists of at most `size`, taken as they are needed. */
export function* batches<V>(values: Iterable<V>, size: number): Generator<V[]> {
  let batch: V[] = [];
  for (const value of values) {
    batch.push(value);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
