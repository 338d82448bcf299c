import type { TestProject } from 'vitest/node'
import { startDocumentdbProxy } from '../../dev/documentdb/documentdb-proxy.ts'
import { startSharedMongod } from '../../dev/shared-mongod.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** URI of the database server of this test run. */
    databaseUri: string
  }
}

/**
 * One real `mongod` for the whole run; each test file has a database of its own in it (`database.ts`). `npm run
 * test:documentdb` puts a proxy before it that behaves like Amazon DocumentDB.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mongod = await startSharedMongod()
  const proxy = process.env.TEST_DOCUMENTDB === '1' ? await startDocumentdbProxy(mongod.port) : undefined
  project.provide('databaseUri', proxy?.uri ?? mongod.uri)
  return async () => {
    await proxy?.stop()
    await mongod.stop()
    // Work in the background tries again after a refusal, and its test may not notice.
    const refused = new Set(proxy?.refused.filter((reason) => / not supported/.test(reason)))
    if (refused.size > 0) throw new Error(`DocumentDB would refuse: ${[...refused].join('; ')}`)
  }
}
