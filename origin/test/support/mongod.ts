import type { TestProject } from 'vitest/node'
import { startMongod } from '../../dev/mongod.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** URI of the database server of this test run. */
    databaseUri: string
  }
}

/** One real `mongod` for the whole run; each test file has a database of its own in it (`database.ts`). */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mongod = await startMongod()
  project.provide('databaseUri', mongod.uri)
  return () => mongod.stop()
}
