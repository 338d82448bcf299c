import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'infra',
    root: import.meta.dirname,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/synthesize.ts'],
    // Two processes at most: synthesis and the started origin are heavy, and the machine may be small.
    maxWorkers: 2,
    testTimeout: 60_000,
  },
})
