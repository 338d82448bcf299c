import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'origin',
    environment: 'node',
    include: [
      'application/**/*.test.ts',
      'contract/**/*.test.ts',
      'src/**/*.test.ts',
      'dev/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    globalSetup: ['test/support/mongod.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
