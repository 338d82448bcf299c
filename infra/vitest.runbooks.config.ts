import { join } from 'node:path'
import { localFolder } from '@spillway/origin/dev/folders'
import { patient } from '@spillway/origin/dev/test-workers'
import { defineConfig } from 'vitest/config'

/** `npm run test:runbooks`: every runbook against stand-ins of AWS and Cloudflare, with the real command lines. */
export default defineConfig({
  root: import.meta.dirname,
  test: {
    name: 'infra/runbooks',
    include: ['test/{runbooks,bootstrap}/**/*.test.ts'],
    globalSetup: ['test/synthesize.ts', 'test/runbooks/checkout.ts'],
    // Most of the time a command line of a cloud starts.
    maxWorkers: 3,
    // Command lines start hundreds of times: they read their code compiled.
    env: { NODE_COMPILE_CACHE: join(localFolder, 'compile-cache') },
    ...patient,
    testTimeout: 600_000,
  },
})
