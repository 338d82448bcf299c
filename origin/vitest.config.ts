import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { patient, sharesWorkers } from './dev/test-workers.ts'

const repairsDriver = 'src/store/driver-repair.test.ts'

/** Unit tests lie beside what they test. What needs a database or a process lies under `test/`. */
export const projects: readonly TestProjectInlineConfiguration[] = [
  {
    root: import.meta.dirname,
    test: {
      name: 'origin/unit',
      include: ['client/**/*.test.ts', 'contract/**/*.test.ts', 'src/**/*.test.ts'],
      exclude: [repairsDriver],
      ...sharesWorkers,
      ...patient,
    },
  },
  {
    root: import.meta.dirname,
    test: {
      name: 'origin/isolated',
      // It mends a class of the driver, for the whole process.
      include: [repairsDriver],
      maxWorkers: sharesWorkers.maxWorkers,
    },
  },
  {
    root: import.meta.dirname,
    test: {
      name: 'origin/database',
      include: ['{application,dev,test,testing}/**/*.test.ts'],
      globalSetup: ['test/support/mongod.ts'],
      ...sharesWorkers,
      // Most of the time a file waits for the database.
      maxWorkers: 6,
      // Vitest has one number of workers for all projects that run together.
      sequence: { groupOrder: 1 },
      ...patient,
    },
  },
]

export default defineConfig({ test: { projects: [...projects] } })
