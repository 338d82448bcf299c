import './stack/loopback.ts'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** One run over every workspace; each keeps the settings of its own tests. */
export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    projects: [
      'origin',
      'edge',
      'edge/test/workerd',
      'infra',
      {
        root: import.meta.dirname,
        // The arithmetic of the benches. What starts processes is in `system/`, with the stack's own tests.
        test: {
          name: 'bench',
          include: ['*/**/*.test.ts'],
          exclude: ['system/**', 'stack/**', 'node_modules/**'],
        },
      },
      'bench/system',
    ],
  },
})
