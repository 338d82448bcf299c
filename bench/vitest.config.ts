import '@spillway/origin/dev/loopback'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { patient, sharesWorkers } from '@spillway/origin/dev/test-workers'
import { defineConfig } from 'vitest/config'
import { projects as edge } from '../edge/vitest.config.ts'
import { projects as infra } from '../infra/vitest.config.ts'
import { projects as origin } from '../origin/vitest.config.ts'
import { LongestFirst } from './order/longest-first.ts'

const root = join(import.meta.dirname, '..')

/** One run over every workspace; each keeps the settings of its own tests. */
export default defineConfig({
  root,
  test: {
    sequence: { sequencer: LongestFirst },
    // The edge's tests of the whole Worker get it as a bundle: no import leads from them to its sources.
    watchTriggerPatterns: [
      {
        pattern:
          /\/(edge\/(src|application|test\/fixture)|origin\/(contract|test\/fixture))\/.*(?<!\.test)\.ts$/,
        testsToRun: () => globSync('edge/test/*.test.ts', { cwd: root }).map((file) => join(root, file)),
      },
    ],
    projects: [
      ...origin,
      ...edge,
      'edge/test/workerd',
      ...infra,
      {
        root: import.meta.dirname,
        // The arithmetic of the benches. What starts processes is in `system/`.
        test: {
          name: 'bench/unit',
          include: ['*/**/*.test.ts'],
          exclude: ['system/**', 'marketplace/**', 'node_modules/**'],
          ...sharesWorkers,
          ...patient,
        },
      },
      'bench/system',
    ],
  },
})
