import { performance } from 'node:perf_hooks'
import { headers as names } from '@spillway/origin/contract'
import { Agent, request } from 'undici'
import { markerIn } from './bodies.ts'
import type { Answer, Exchange, Item, ResourceName } from './exchange.ts'

/** Epoch milliseconds with fractions: two requests within a millisecond may have an order that matters. */
export const nowMs = (): number => performance.timeOrigin + performance.now()

/** Time after which a client gives up on a request, which then counts as hung. */
const giveUpMs = 10_000

export interface Sending {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface Received {
  readonly answer: Answer
  /** Headers of the answer that a session keeps. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Replaces an answer by a wrong one, as a positive control. */
export type Tamper = (exchange: Omit<Exchange, 'answer' | 'endMs'>, answer: Answer) => Answer

export class Transport {
  readonly #agent = new Agent({ connections: 32, pipelining: 1 })

  /** @throws Error if the connection fails, or there is no answer before the client gives up */
  async send({ url, method, headers, body }: Sending, resource: ResourceName): Promise<Received> {
    const response = await request(url, {
      dispatcher: this.#agent,
      // The cast is safe: undici sends any method, and its type lists the usual ones.
      method: method as 'GET',
      headers: { ...headers, ...(body !== undefined && { 'content-length': byteLength(body) }) },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(giveUpMs),
    })
    const text = await response.body.text()
    return {
      answer: readAnswer(response.statusCode, response.headers, text, resource),
      headers: response.headers,
    }
  }

  stop(): Promise<void> {
    return this.#agent.destroy()
  }
}

const byteLength = (body: unknown): string => String(Buffer.byteLength(JSON.stringify(body)))

/** Version in an entity tag: its leading digits. A representation's revision may follow them. */
export function versionOf(etag: string | undefined): number | undefined {
  const digits = /^(?:W\/)?"(\d+)(?:\.[^"]*)?"$/.exec(etag ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function readAnswer(
  status: number,
  headers: Received['headers'],
  text: string,
  resource: ResourceName,
): Answer {
  const json = parse(text)
  const field = (name: string): string | undefined => {
    const value = headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  const isProblem = status >= 400
  const etag = field('etag')
  const version = versionOf(etag)
  const marker = isProblem ? undefined : markerIn(resource, json)
  const { code, detail, id, items, nextCursor } = json
  const cacheStatus = field('cache-status')
  return {
    status,
    isReplayed: field(names.idempotencyReplayed) === 'true',
    ...(typeof code === 'string' && isProblem && { code }),
    ...(typeof detail === 'string' && isProblem && { detail }),
    ...(etag !== undefined && version !== undefined && { version, etag }),
    ...(typeof id === 'string' && { documentId: id }),
    ...(marker !== undefined && { marker }),
    ...(cacheStatus !== undefined && { cacheStatus }),
    ...(Array.isArray(items) && {
      items: items.map((item) => readItem(item, resource)),
      isComplete: nextCursor === null,
    }),
  }
}

/** An item of a list is a document; one of a batch has a status, and a document or a problem. */
function readItem(item: Record<string, unknown>, resource: ResourceName): Item {
  const { status, id, etag, item: document, problem } = item
  // The casts read members that may be missing: what a server sends is not checked here.
  const code = (problem as { code?: unknown } | undefined)?.code
  const version = versionOf(typeof etag === 'string' ? etag : undefined)
  const marker = markerIn(resource, (document ?? item) as Record<string, unknown>)
  return {
    ...(typeof status === 'number' && { status }),
    ...(typeof code === 'string' && { code }),
    ...(typeof id === 'string' && { documentId: id }),
    ...(version !== undefined && { version }),
    ...(marker !== undefined && { marker }),
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    // The cast is safe: members are read as unknown values.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
