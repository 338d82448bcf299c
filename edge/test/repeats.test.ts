import { readFile } from 'node:fs/promises'
import { type ProblemCode, problemBody, problemHeaders, problemStatus } from '@spillway/origin/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { bundleEdge } from '../dev/edge-bundle.ts'
import { bearer, type Edge, startTestEdge } from './support/edge.ts'
import { edgePool } from './support/edge-pool.ts'
import { startTestIssuer, type TestIssuer } from './support/issuer.ts'
import { type Script, type ScriptedOrigin, startScriptedOrigin } from './support/origin.ts'

/**
 * A write whose answer is lost after the first origin has acted. Whatever the second origin answers, the caller learns
 * nothing untrue, and no other caller's write is undone.
 */

let first: ScriptedOrigin
let second: ScriptedOrigin
let issuer: TestIssuer
let edge: Pick<Edge, 'fetch'>
let pooled: Pick<Edge, 'fetch'>
let writer: Record<string, string>
let path: string

/** The document, as both origins see it; `undefined` once deleted. */
let document: { readonly version: number; readonly by: string } | undefined
/** Documents made by POST, by key. */
let created: Map<string, string>
/** Writes that reached an origin. */
let sent: number
let tests = 0
/** A Worker with time for a second attempt, however slow the machine. */
let script: string
const edges = edgePool(async () => ({ origins: [first, second], issuers: [issuer], script }))

beforeAll(async () => {
  first = await startScriptedOrigin()
  second = await startScriptedOrigin()
  issuer = await startTestIssuer(['ES256'])
  script = await readFile((await bundleEdge('patient')).scriptFile, 'utf8')
  writer = bearer(await issuer.mint({ claims: { scope: 'places:write' } }))
})

beforeEach(async () => {
  path = `/v2/places/${crypto.randomUUID()}`
  document = { version: 1, by: 'start' }
  created = new Map()
  sent = 0
  first.answer(actsAndDies)
  second.answer(acts)
  // Five failures in a row take an origin out of service: a Worker sees four of these tests, and another one the next.
  if (tests % 4 === 0) pooled = (await edges.take()).edge
  edge = pooled
  tests += 1
})

afterAll(async () => {
  await edges.stop()
  await issuer.stop()
  await first.stop()
  await second.stop()
})

const problem =
  (code: ProblemCode): Script =>
  (_seen, response) => {
    const told = { code, detail: 'Nothing was done.' }
    response.writeHead(problemStatus(told), problemHeaders(told))
    response.end(JSON.stringify(problemBody(told, crypto.randomUUID())))
  }

/** As the real origin decides (RFC 9110 §13.1.1), on the one document or on what is created by key. */
const acts: Script = async (seen, response, count) => {
  const body = await seen.body
  sent += 1
  const done = { 'content-type': 'application/json', 'spillway-purge-tag': 'places:*' }
  if (seen.method === 'POST') {
    const key = String(seen.headers['idempotency-key'])
    created.set(key, created.get(key) ?? crypto.randomUUID())
    response.writeHead(201, done).end(JSON.stringify({ id: created.get(key) }))
    return
  }
  if (document === undefined) return problem('not-found')(seen, response, count)
  const wanted = seen.headers['if-match']
  const fits = wanted === undefined || wanted === '*' || wanted.includes(`"${document.version}"`)
  if (!fits) return problem('precondition-failed')(seen, response, count)
  const { by } = body === '' ? { by: '' } : JSON.parse(body)
  document = seen.method === 'DELETE' ? undefined : { version: document.version + 1, by }
  response.writeHead(seen.method === 'DELETE' ? 204 : 200, done).end(seen.method === 'DELETE' ? '' : '{}')
}

/** Acts, and loses the connection before it answers. */
const actsAndDies: Script = (seen, response, count) => {
  // Replaces the answer, which never arrives.
  const unheard = { writeHead: () => unheard, end: () => response.destroy() } as unknown as typeof response
  return acts(seen, unheard, count)
}

interface Row {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly fields?: Readonly<Record<string, string>>
}

const send = ({ method, fields = {} }: Row, by = 'A'): Promise<Response> =>
  edge.fetch(method === 'POST' ? '/v2/places' : path, {
    method,
    ...(method !== 'DELETE' && { body: JSON.stringify({ by }) }),
    headers: {
      ...writer,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      ...fields,
    },
  })

const name = ({ method, fields = {} }: Row): string =>
  [method, ...Object.entries(fields).map(([field, value]) => `${field}: ${value}`)].join(' ')

const one = { 'if-match': '"1"' }
const key = { 'idempotency-key': 'k-1' }

const sentOnce: readonly Row[] = [
  { method: 'PUT' },
  { method: 'PUT', fields: key },
  { method: 'PUT', fields: { 'if-match': '*' } },
  { method: 'PUT', fields: { 'if-match': '"1", "2"' } },
  { method: 'PATCH' },
  { method: 'PATCH', fields: key },
  { method: 'PATCH', fields: { 'if-match': '*', ...key } },
  { method: 'PATCH', fields: { 'if-match': '"1", "2"' } },
  { method: 'DELETE' },
  { method: 'DELETE', fields: { 'if-match': '*' } },
  { method: 'POST' },
]

const sentAgain: readonly Row[] = [
  { method: 'PUT', fields: one },
  { method: 'PATCH', fields: one },
  { method: 'PATCH', fields: { ...one, ...key } },
  { method: 'DELETE', fields: one },
]

describe('a write whose second attempt could not be told from another write', () => {
  it.each(sentOnce.map((row) => [name(row), row] as const))('%s is sent once', async (_name, row) => {
    const answer = await send(row)
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'outcome-unknown' }])
    expect(sent).toBe(1)
  })

  it("does not undo another caller's change", async () => {
    let readOn = (): void => {}
    const acted = new Promise<void>((resolve) => {
      readOn = resolve
    })
    first.answer(async (seen, response, count) => {
      // B reads version 2 and changes it, before the edge learns that the connection is lost.
      const unheard = { writeHead: () => unheard, end: () => unheard } as unknown as typeof response
      await acts(seen, unheard, count)
      document = { version: 3, by: 'B' }
      readOn()
      response.destroy()
    })
    const answer = await send({ method: 'PUT' })
    await acted
    expect(document).toEqual({ version: 3, by: 'B' })
    expect(await answer.json()).toMatchObject({
      code: 'outcome-unknown',
      detail: expect.stringContaining('Read'),
    })
  })
})

describe('a second attempt', () => {
  it.each(sentAgain.map((row) => [name(row), row] as const))(
    '%s that finds its own traces is told as unknown',
    async (_name, row) => {
      const answer = await send(row)
      expect(sent).toBe(2)
      expect([answer.status, await answer.json()]).toMatchObject([
        503,
        { code: 'outcome-unknown', retryable: true, detail: expect.stringContaining('same If-Match') },
      ])
      expect(document).toEqual(row.method === 'DELETE' ? undefined : { version: 2, by: 'A' })
    },
  )

  const refusals = [
    'database-unavailable',
    'overloaded',
    'draining',
    'deadline-exceeded',
    'internal-error',
    'not-found',
    'write-conflict',
    'outcome-unknown',
    'validation-failed',
  ] as const satisfies readonly ProblemCode[]
  it.each(
    refusals.flatMap((code) =>
      [{ method: 'POST', fields: key } as const, ...sentAgain].map((row) => [name(row), code, row] as const),
    ),
  )('%s that is refused (%s) is told as unknown', async (_name, code, row) => {
    second.answer(problem(code))
    const before = second.requests
    const answer = await send(row)
    expect(second.requests).toBe(before + 1)
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'outcome-unknown' }])
    expect(sent).toBe(1)
  })

  it.each([...sentAgain, { method: 'POST', fields: key } as const].map((row) => [name(row), row] as const))(
    '%s is the answer where the first one had not acted',
    async (_name, row) => {
      first.answer((_seen, response) => void response.destroy())
      const answer = await send(row)
      expect([answer.ok, sent]).toEqual([true, 1])
    },
  )

  it("of a create with a key is answered with the first attempt's document", async () => {
    const answer = await send({ method: 'POST', fields: key })
    expect([answer.status, sent, created.size]).toEqual([201, 2, 1])
    expect(await answer.json()).toEqual({ id: created.get('k-1') })
  })

  it.each([one, { 'if-match': '"1"', ...key }])(
    'that overtakes the first one leaves it nothing to do (%j)',
    async (fields) => {
      let land = async (): Promise<void> => {}
      first.answer((seen, response, count) => {
        const unheard = { writeHead: () => unheard, end: () => unheard } as unknown as typeof response
        land = async () => void (await acts(seen, unheard, count))
        response.destroy()
      })
      const answer = await send({ method: 'PUT', fields })
      expect([answer.status, document]).toEqual([200, { version: 2, by: 'A' }])
      document = { version: 3, by: 'B' }
      await land()
      expect(document).toEqual({ version: 3, by: 'B' })
    },
  )

  it("of a read is answered with the retry's result", async () => {
    first.answer((_seen, response) => void response.destroy())
    second.answer(problem('not-found'))
    expect((await edge.fetch(path)).status).toBe(404)
  })
})

describe('a write that is sent once', () => {
  it.each([
    'overloaded',
    'database-unavailable',
    'deadline-exceeded',
    'outcome-unknown',
    'precondition-failed',
  ] as const)('is told what the origin says of it: %s', async (code) => {
    first.answer(problem(code))
    const answer = await send({ method: 'PUT', fields: one })
    expect(await answer.json()).toMatchObject({ code })
  })

  it('and is not answered in time is unknown', async () => {
    const impatient = await startTestEdge({ origins: [first, second], issuers: [issuer] })
    onTestFinished(() => impatient.stop())
    edge = impatient
    first.answer(() => {})
    const answer = await send({ method: 'PUT', fields: one })
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'outcome-unknown' }])
    expect(answer.headers.get('retry-after')).toMatch(/^[12]$/)
  })

  const gateways = [307, 400, 403, 404, 408, 412, 413, 429, 460, 500, 502, 503, 504]
  it.each(gateways)('is unknown where a gateway speaks in the origin’s place: %i', async (status) => {
    first.answer((_seen, response) => {
      response
        .writeHead(status, { 'content-type': 'text/html', location: '/elsewhere' })
        .end('<h1>sorry</h1>')
    })
    expect(await (await send({ method: 'PUT' })).json()).toMatchObject({ code: 'outcome-unknown' })
  })

  it('is unknown where the origin’s error breaks off', async () => {
    first.answer((_seen, response) => {
      response.writeHead(503, { 'content-type': 'application/problem+json' })
      response.write('{"code":', () => response.destroy())
    })
    expect(await (await send({ method: 'PUT' })).json()).toMatchObject({ code: 'outcome-unknown' })
  })
})

describe('an origin that says itself that it was too late', () => {
  it('is left for another one, as one that says nothing', async () => {
    const stuck = await startScriptedOrigin()
    const healthy = await startScriptedOrigin()
    stuck.answer(problem('deadline-exceeded'))
    const pair = await startTestEdge({ origins: [stuck, healthy] })
    try {
      const statuses: number[] = []
      for (let request = 0; request < 10; request += 1) {
        statuses.push((await pair.fetch(`/v2/places/${crypto.randomUUID()}`)).status)
      }
      expect(statuses.slice(0, 5)).toEqual([504, 504, 504, 504, 504])
      expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(4)
      expect(healthy.requests).toBeGreaterThanOrEqual(4)
    } finally {
      await pair.stop()
      await stuck.stop()
      await healthy.stop()
    }
  })
})

describe('an origin that does not accept the edge’s assertion', () => {
  it.each([...sentOnce, ...sentAgain].map((row) => [name(row), row] as const))(
    '%s is done by the other one, once, and is told as done',
    async (_name, row) => {
      first.answer(problem('edge-only'))
      const answer = await send(row)
      expect([answer.ok, sent]).toEqual([true, 1])
    },
  )

  it('is left for another one by reads as well', async () => {
    first.answer(problem('edge-only'))
    second.answer((_seen, response) => void response.writeHead(200).end('{}'))
    expect((await edge.fetch(path)).status).toBe(200)
  })

  it('is no fault of the caller’s where there is no other: nothing was done', async () => {
    first.answer(problem('edge-only'))
    second.answer(problem('edge-only'))
    const answer = await send({ method: 'PUT' })
    expect([answer.status, await answer.json()]).toMatchObject([
      502,
      { code: 'origin-unreachable', retryable: true, detail: expect.stringContaining('Nothing was done') },
    ])
  })

  it('stays in service: one caller’s assertion says nothing about the others', async () => {
    first.answer(problem('edge-only'))
    second.answer(problem('edge-only'))
    for (let request = 0; request < 12; request += 1) await send({ method: 'PUT' })
    first.answer(acts)
    second.answer(acts)
    expect((await send({ method: 'PUT' })).status).toBe(200)
  })

  it('leaves a write unknown that an earlier attempt may have done', async () => {
    second.answer(problem('edge-only'))
    const answer = await send({ method: 'PUT', fields: one })
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'outcome-unknown' }])
    expect(document).toEqual({ version: 2, by: 'A' })
  })

  it('passes on what an origin says of the caller', async () => {
    first.answer(problem('unauthenticated'))
    expect(await (await send({ method: 'PUT' })).json()).toMatchObject({ code: 'unauthenticated' })
  })
})
