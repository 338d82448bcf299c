import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { headers as names, type Principal } from '@spillway/origin/contract'
import { assertionOf } from './assertions.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read members of it and compare.
  readonly json: any
}

export interface Sending {
  readonly as?: Principal | undefined
  /** `undefined` omits a default header. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Strings and bytes are sent unchanged, anything else as JSON. */
  readonly body?: unknown
}

export type Client = (method: string, path: string, sending?: Sending) => Promise<Answer>

export const alice: Principal = { subject: 'alice', scopes: [] }
export const bob: Principal = { subject: 'bob', scopes: [] }
export const editor: Principal = { subject: 'editor', scopes: ['places:write', 'advisories:write'] }

/** The longest time that a caller can give, in ms. A slow machine must not turn an answer into a 504. */
const patienceMs = 30_000

/**
 * Sends requests as the edge does, over real sockets. Uses Node's own client, because it sends paths, headers and
 * bodies unchanged, hostile ones too.
 */
export function createClient(port: number): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 })
  return async (method, path, { as, headers = {}, body } = {}) => {
    const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array
    const payload = isRaw ? (body as string | undefined) : JSON.stringify(body)
    const all = {
      [names.assertion]: await assertionOf(as),
      [names.timeoutMs]: String(patienceMs),
      ...(payload !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(payload)),
      }),
      ...headers,
    }
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    return new Promise<Answer>((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port, agent, method, path, headers: sent as never },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            resolve({
              status: response.statusCode as number,
              headers: response.headers,
              text,
              get json() {
                return JSON.parse(text)
              },
            })
          })
        },
      )
      outgoing.on('error', reject)
      outgoing.end(payload)
    })
  }
}
