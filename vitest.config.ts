import { defineConfig } from 'vitest/config';

const LONG_TESTS = 'test/**/*.long.test.ts';

export default defineConfig(({ mode }) => ({
  test: {
    include: mode === 'long' ? [LONG_TESTS] : ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: mode === 'long' ? [] : [LONG_TESTS],
    // A hang is seen by these alone: what takes long on a slow host is no failure.
    testTimeout: mode === 'long' ? 600_000 : 240_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
}));
