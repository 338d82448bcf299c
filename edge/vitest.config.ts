import { defineConfig } from 'vitest/config'

/**
 * Unit tests lie beside what they test and name no runtime. What starts one (workerd through Miniflare, an HTTP server on
 * port 0) lies under `test/`; hence the long timeouts.
 */
export default defineConfig({
  test: {
    name: 'edge',
    environment: 'node',
    include: ['src/**/*.test.ts', 'application/**/*.test.ts', 'dev/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['test/workerd/**', 'node_modules/**'],
    globalSetup: ['test/support/bundle.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
