import { defineConfig } from 'vitest/config'
import { projects } from './vitest.config.ts'

// The test reads it, in a worker of this process.
process.env.TEST_EVENTS_WRITES = '100000'

/** The test of events under kills, with a hundred thousand writes. */
export default defineConfig({
  test: {
    projects: projects
      .filter(({ test }) => test?.name === 'origin/database')
      .map((project) => ({
        ...project,
        test: { ...project.test, include: ['test/events/kills.test.ts'], testTimeout: 3_600_000 },
      })),
  },
})
