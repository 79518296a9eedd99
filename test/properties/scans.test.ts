import { test } from 'vitest';
import { playStories } from './stories.ts';

test('over any sequence of scans: nothing lost, nothing twice, nothing cleared on doubtful grounds', async () => {
  await playStories(400);
});
