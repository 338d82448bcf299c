import { join } from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** The contract's own tests once more, inside workerd: both tiers must compute the same answers. */
export default defineConfig({
  plugins: [cloudflareTest({ miniflare: { compatibilityDate: '2026-08-01' } })],
  test: {
    name: 'edge/workerd',
    root: join(import.meta.dirname, '../../..'),
    include: ['origin/contract/**/*.test.ts', 'edge/test/workerd/**/*.test.ts'],
    isolate: false,
    testTimeout: 30_000,
  },
})
