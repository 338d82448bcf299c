import { defineConfig } from 'vitest/config'
import { projects } from './vitest.config.ts'

// The set-up of the tests reads it, in this process.
process.env.TEST_DOCUMENTDB = '1'

/**
 * The tests with a database, on one that behaves like Amazon DocumentDB (`dev/documentdb/documentdb-proxy.ts`). All but
 * those of that proxy, which start another one: they need what is behind it.
 */
export default defineConfig({
  test: {
    projects: projects
      .filter(({ test }) => test?.name === 'origin/database')
      .map((project) => ({ ...project, test: { ...project.test, exclude: ['dev/documentdb/**'] } })),
  },
})
