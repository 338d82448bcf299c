import { startSharedMongod } from '@spillway/origin/dev/shared-mongod'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A database server for the run; take a database name of your own. */
    databaseUri: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mongod = await startSharedMongod({ log: (line) => console.error(line) })
  project.provide('databaseUri', mongod.uri)
  return () => mongod.stop()
}
