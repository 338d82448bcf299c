import { parentPort } from 'node:worker_threads'
import { startStubOrigin } from '../edge/stub-origin.ts'

// A thread of its own: the clients' event loop must not be what the edge waits for.
const stub = await startStubOrigin('serving')
parentPort?.postMessage(stub.url)
