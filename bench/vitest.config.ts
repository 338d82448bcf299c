import '@spillway/origin/dev/loopback'
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
        // The arithmetic of the benches. What starts processes is in `system/`.
        test: {
          name: 'bench',
          include: ['*/**/*.test.ts'],
          exclude: ['system/**', 'node_modules/**'],
        },
      },
      'bench/system',
    ],
  },
})
