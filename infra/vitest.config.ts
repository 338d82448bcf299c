import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

export const projects: readonly TestProjectInlineConfiguration[] = [
  {
    root: import.meta.dirname,
    test: {
      name: 'infra/unit',
      include: ['src/**/*.test.ts'],
      testTimeout: 30_000,
    },
  },
  {
    root: import.meta.dirname,
    test: {
      name: 'infra/stack',
      include: ['test/**/*.test.ts'],
      globalSetup: ['test/synthesize.ts'],
      // Two processes at most: synthesis and the started origin are heavy, and the machine may be small.
      maxWorkers: 2,
      testTimeout: 60_000,
    },
  },
]

export default defineConfig({ test: { projects: [...projects] } })
