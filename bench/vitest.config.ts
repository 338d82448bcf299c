import { defineConfig } from 'vitest/config'

/** One run over every workspace; each keeps the settings of its own tests. */
export default defineConfig({
  root: '..',
  test: { projects: ['origin', 'edge', 'infra', 'bench/system'] },
})
