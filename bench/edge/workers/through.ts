/**
 * Worker with the minimum work of a gateway with a cache: looks up the token in a set and the answer in a map, forwards
 * listed fields and five of its own, bounds the wait, and stores a read. It has no checks, freshness, purges, limits,
 * retries or unknown outcomes, so it is no peer. It shows the runtime's own price of two buffered bodies, a timer and a
 * rewritten head.
 */
interface Bindings {
  readonly ORIGIN: string
}

interface Context {
  waitUntil(work: Promise<unknown>): void
}

interface Held {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: ArrayBuffer
}

const tokens = new Set<string>()
const tokensMax = 1_000
const answers = new Map<string, Held>()
const answersMax = 20_000
const forwarded = ['accept', 'content-type', 'idempotency-key', 'if-match', 'user-agent']
const timeoutMs = 1_000

export default {
  async fetch(request: Request, { ORIGIN }: Bindings, context: Context): Promise<Response> {
    const { headers, method, url } = request
    const token = headers.get('authorization')
    if (token === null) return new Response(null, { status: 401 })
    if (!tokens.has(token) && tokens.size < tokensMax) tokens.add(token)
    const isRead = method === 'GET'
    const held = isRead ? answers.get(url) : undefined
    if (held !== undefined) return new Response(held.body, held)
    const answered = ask(request, ORIGIN, token)
    context.waitUntil(answered.catch(() => undefined))
    const answer = await answered
    if (answer === undefined) return new Response(null, { status: 504 })
    const shown = shownFields(answer.headers)
    const { status } = answer
    if (!isRead) return new Response(answer.body, { status, headers: shown })
    const body = await answer.arrayBuffer()
    if (answers.size < answersMax) answers.set(url, { status, headers: shown, body })
    return new Response(body, { status, headers: shown })
  },
}

async function ask(request: Request, origin: string, token: string): Promise<Response | undefined> {
  const { headers, method, url } = request
  const fields: Record<string, string> = {
    'x-request-id': '00000000-0000-4000-8000-000000000000',
    traceparent: '00-00000000000040008000000000000001-8000000000000001-01',
    'spillway-priority': 'normal',
    'spillway-assertion': token,
    'spillway-timeout-ms': String(timeoutMs),
  }
  for (const name of forwarded) {
    const value = headers.get(name)
    if (value !== null) fields[name] = value
  }
  const body = method === 'GET' ? null : await request.arrayBuffer()
  const late = new Promise<undefined>((resolve) => {
    setTimeout(resolve, timeoutMs, undefined)
  })
  const target = origin + url.slice(url.indexOf('/', url.indexOf('://') + 3))
  const fetched = fetch(target, { method, headers: fields, body, redirect: 'manual', cache: 'no-store' })
  return await Promise.race([fetched, late])
}

const kept = new Set(['cdn-cache-control', 'cache-tag'])

function shownFields(received: Headers): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {}
  received.forEach((value, name) => {
    if (!kept.has(name) && !name.startsWith('spillway-')) shown[name] = value
  })
  shown['access-control-allow-origin'] = '*'
  shown['x-content-type-options'] = 'nosniff'
  return shown
}
