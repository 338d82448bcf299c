/** Program: a small imitation of API Gateway and Lambda, whose execution environments are isolates. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { portOf } from '@spillway/origin/dev/ports'
import { seededRandom } from '../load/random.ts'
import { listeningLine } from '../peers/settings.ts'
import type { FunctionAnswer, FunctionEvent } from './api-function.ts'
import { type LambdaSettings, readSettings } from './baseline-settings.ts'
import { coldStartMs } from './cold-start.ts'
import { Environments } from './environments.ts'

const settings = readSettings<LambdaSettings>()
const random = seededRandom(settings.seed)

/** One isolate and its request in progress, of which there is at most one. */
class Environment {
  readonly #worker = new Worker(join(import.meta.dirname, 'function-worker.ts'), { workerData: settings })
  #settle: ((answer: FunctionAnswer) => void) | undefined
  #id = 0
  /** Resolves when its code is loaded. */
  readonly loaded: Promise<void>

  constructor() {
    this.loaded = once(this.#worker, 'message').then(() => {})
    this.#worker.on('message', ({ id, answer }: { id: number; answer: FunctionAnswer }) => {
      if (id === this.#id) this.#settle?.(answer)
    })
    this.#worker.on('error', () =>
      this.#settle?.({ status: 502, body: { message: 'Internal server error' } }),
    )
  }

  /** @returns the answer; `undefined` if the function exceeded its timeout */
  async invoke(event: FunctionEvent): Promise<FunctionAnswer | undefined> {
    const answer = new Promise<FunctionAnswer>((resolve) => {
      this.#settle = resolve
    })
    this.#worker.postMessage({ id: ++this.#id, event })
    const timeout = new AbortController()
    const tooLate = sleep(settings.functionTimeoutMs, undefined, { signal: timeout.signal }).catch(
      () => undefined,
    )
    const outcome = await Promise.race([answer, tooLate])
    timeout.abort()
    return outcome ?? undefined
  }

  end(): void {
    void this.#worker.terminate()
  }
}

/**
 * Isolates that are started in advance: starting one takes CPU time of this machine, which Lambda would spend on
 * another. The duration of a cold start is drawn from a distribution instead.
 */
const prepared = Array.from({ length: settings.concurrencyMax }, () => new Environment())
await Promise.all(prepared.map(({ loaded }) => loaded))
const environments = new Environments(settings.concurrencyMax, prepared.splice(0, settings.warm))

async function environmentFor(): Promise<Environment | undefined> {
  const taken = environments.take()
  if (taken.kind === 'warm') return taken.environment
  if (taken.kind === 'throttled') return undefined
  const environment = prepared.pop() ?? new Environment()
  await sleep(coldStartMs(settings.coldStart, random))
  return environment
}

async function invoke(event: FunctionEvent): Promise<FunctionAnswer> {
  const environment = await environmentFor()
  // A throttled function is an integration failure, which a REST API answers with 500 (AWS re:Post, "API Gateway proxy
  // integration does not forward Lambda throttling").
  if (environment === undefined) return { status: 500, body: { message: 'Internal server error' } }
  const answer = await environment.invoke(event)
  if (answer === undefined) {
    environment.end()
    environments.lose()
    return { status: 502, body: { message: 'Internal server error' } }
  }
  environments.give(environment)
  return answer
}

const timedOut: FunctionAnswer = { status: 504, body: { message: 'Endpoint request timed out' } }

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { method = 'GET', url: path = '/', headers } = request
  const event = { method, path, headers: textHeaders(headers), body: Buffer.concat(chunks).toString() }
  // The gateway stops waiting; the function does not stop working.
  const giveUp = new AbortController()
  const late = sleep(settings.gatewayTimeoutMs, timedOut, { signal: giveUp.signal }).catch(() => timedOut)
  const { status, headers: sent, body } = await Promise.race([invoke(event), late])
  giveUp.abort()
  response.writeHead(status, { 'content-type': 'application/json', ...sent })
  response.end(JSON.stringify(body))
}

const textHeaders = (headers: IncomingMessage['headers']) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

const server = createServer((request, response) => {
  handle(request, response).catch(() => response.destroy())
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  console.log(listeningLine(portOf(server)))
})
process.once('SIGTERM', () => process.exit(0))
