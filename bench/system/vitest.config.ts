import { patient, sharesWorkers } from '@spillway/origin/dev/test-workers'
import { defineConfig } from 'vitest/config'

/**
 * Tests that start several processes, those of the stack that starts them, and the marketplace's own. One database
 * server serves the whole run; each stack has a name of its own in it.
 */
export default defineConfig({
  root: import.meta.dirname,
  test: {
    // Vitest runs projects by name: the project with the longest files comes first.
    name: 'bench/system',
    include: ['**/*.test.ts', '../marketplace/**/*.test.ts', '../../infra/local/**/*.test.ts'],
    globalSetup: ['./global-setup.ts'],
    // For the actions of an origin that runs in the test's own process.
    setupFiles: ['../../edge/test/fixture/patience.ts'],
    // Each file runs a handful of processes, on ports and folders of its own, and waits for them most of the time.
    ...sharesWorkers,
    ...patient,
  },
})
