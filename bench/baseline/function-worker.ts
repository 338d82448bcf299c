import { parentPort, workerData } from 'node:worker_threads'
import { MongoClient } from 'mongodb'
import { tokenCheck } from '../peers/token-check.ts'
import { type FunctionEvent, handle } from './api-function.ts'
import type { LambdaSettings } from './baseline-settings.ts'

/**
 * One execution environment: an isolate with a `MongoClient`, which the first request creates and later ones reuse, as
 * AWS and MongoDB advise. The driver polls the server here as it does in Lambda, so each environment has two
 * connections, one for commands and one for monitoring. The cast is safe: the gateway starts it with these settings.
 */
const { databaseUri, databaseName, issuer } = workerData as LambdaSettings
const subjectOf = tokenCheck(issuer)
let client: MongoClient | undefined

parentPort?.on('message', async ({ id, event }: { id: number; event: FunctionEvent }) => {
  const answer = await run(event).catch(() => ({ status: 502, body: { message: 'Internal server error' } }))
  parentPort?.postMessage({ id, answer })
})

async function run(event: FunctionEvent) {
  const subject = await subjectOf(event.headers.authorization)
  if (subject === undefined) return { status: 401, body: { message: 'Unauthorized' } }
  client ??= new MongoClient(databaseUri, {
    maxPoolSize: 1,
    serverMonitoringMode: 'poll',
    writeConcern: { w: 'majority' },
  })
  return handle(event, client.db(databaseName), subject)
}

// Tells the gateway that the code is loaded.
parentPort?.postMessage({ id: 0 })
