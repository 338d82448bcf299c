import { join } from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { patient } from '@spillway/origin/dev/test-workers'
import { defineConfig } from 'vitest/config'

/** The contract's own tests once more, inside workerd: both tiers must compute the same answers. */
export default defineConfig({
  plugins: [cloudflareTest({ miniflare: { compatibilityDate: '2026-08-01' } })],
  test: {
    name: 'edge/contract',
    root: join(import.meta.dirname, '../../..'),
    include: ['origin/{client,contract}/**/*.test.ts', 'edge/test/workerd/**/*.test.ts'],
    isolate: false,
    // The plugin runs its files one after the other, which no other project of a run may contradict.
    sequence: { groupOrder: 2 },
    ...patient,
  },
})
