import { patient, sharesWorkers } from '@spillway/origin/dev/test-workers'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

/**
 * Unit tests are beside the files that they test and name no runtime. Tests that start one (workerd through Miniflare,
 * an HTTP server on port 0) are under `test/`.
 */
export const projects: readonly TestProjectInlineConfiguration[] = [
  {
    root: import.meta.dirname,
    test: {
      name: 'edge/unit',
      include: ['application/**/*.test.ts', 'src/**/*.test.ts'],
      ...sharesWorkers,
      ...patient,
    },
  },
  {
    root: import.meta.dirname,
    test: {
      name: 'edge/workerd',
      include: ['dev/**/*.test.ts', 'test/**/*.test.ts'],
      exclude: ['test/workerd/**', 'node_modules/**'],
      globalSetup: ['test/support/bundle.ts'],
      ...sharesWorkers,
      ...patient,
    },
  },
]

export default defineConfig({ test: { projects: [...projects] } })
