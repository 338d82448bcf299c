import { patient, sharesWorkers } from '@spillway/origin/dev/test-workers'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

export const projects: readonly TestProjectInlineConfiguration[] = [
  {
    root: import.meta.dirname,
    test: {
      name: 'infra/unit',
      include: ['{src,why,console,runbook,bootstrap,slo,canary,dashboards,release,rollout}/**/*.test.ts'],
      ...sharesWorkers,
      ...patient,
    },
  },
  {
    root: import.meta.dirname,
    test: {
      name: 'infra/stack',
      include: ['test/**/*.test.ts'],
      // `npm run test:runbooks`
      exclude: ['test/{runbooks,bootstrap}/**'],
      globalSetup: ['test/synthesize.ts'],
      ...sharesWorkers,
      ...patient,
    },
  },
]

export default defineConfig({ test: { projects: [...projects] } })
