import { defineConfig } from 'vitest/config';

const LONG_TESTS = 'test/**/*.long.test.ts';

export default defineConfig(({ mode }) => ({
  test: {
    include: mode === 'long' ? [LONG_TESTS] : ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: mode === 'long' ? [] : [LONG_TESTS],
    testTimeout: mode === 'long' ? 600_000 : 30_000,
    pool: 'forks',
    maxWorkers: 2,
  },
}));
