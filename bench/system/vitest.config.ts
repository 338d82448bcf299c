import { patient } from '@spillway/origin/dev/test-workers'
import { defineConfig } from 'vitest/config'

/**
 * Tests that start several processes, and those of the stack that starts them. One database server serves the whole run;
 * each stack has a name of its own in it.
 */
export default defineConfig({
  root: import.meta.dirname,
  test: {
    name: 'system',
    include: ['**/*.test.ts', '../../infra/local/**/*.test.ts'],
    globalSetup: ['./global-setup.ts'],
    // Each file runs a handful of processes, on ports and folders of its own, and waits for them most of the time. More
    // than two files at once would measure the machine, not the system.
    maxWorkers: 2,
    // After the contract in workerd (1): vitest runs projects with other numbers of workers apart.
    sequence: { groupOrder: 2 },
    ...patient,
  },
})
