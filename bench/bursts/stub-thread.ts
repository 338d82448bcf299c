import { parentPort } from 'node:worker_threads'
import { startStubOrigin } from '../edge/stub-origin.ts'

// Runs the stub in a thread of its own: in the clients' event loop its answers would be late.
const stub = await startStubOrigin('serving')
parentPort?.postMessage(stub.url)
