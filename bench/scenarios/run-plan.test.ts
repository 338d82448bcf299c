import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resources } from '@spillway/origin/fixture'
import { afterEach, expect, it } from 'vitest'
import { operationsOf } from '../load/operations.ts'
import { closedUsers, usersAt } from './closed-users.ts'
import { learnDocuments, nextPage } from './known-documents.ts'
import { planOf } from './plan.ts'
import { runPlan } from './run-plan.ts'
import type { Scenario } from './scenario.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const scenario: Scenario = {
  name: 'test',
  title: 'A test',
  why: 'to see',
  users: [
    { atMs: 0, users: 100 },
    { atMs: 500, users: 100 },
  ],
  behaviour: { kind: 'open', everyMs: 1_000 },
  shares: { read: 50, create: 50 },
  resources: ['places'],
  popularity: { kind: 'uniform' },
  documents: 3,
  usefulMs: 30_000,
  timeoutMs: 60_000,
  thresholds: [],
}
const documents = { places: [{ id: 'a' }, { id: 'b' }] }
const planFor = (target: string, more: Partial<Scenario> = {}) =>
  planOf(resources, {
    scenario: { ...scenario, ...more },
    scale: 1,
    target,
    documents,
    tokens: ['t'],
    seed: 1,
  })

it('counts answers by operation and outcome', async () => {
  const target = await serve((request, response) => {
    response.statusCode = request.method === 'GET' ? 200 : 503
    response.end('{}')
  })
  const { summary } = await runPlan(planFor(target))
  const read = summary.operations['places.read']
  const create = summary.operations['places.create']
  expect(summary.total.asked).toBeGreaterThan(20)
  expect(read?.good).toBe(read?.asked)
  expect(create?.shed).toBe(create?.asked)
  expect(summary.total.asked).toBe((read?.asked ?? 0) + (create?.asked ?? 0))
})

it('leaves out operations that need a token where there is none', async () => {
  const target = await serve((_request, response) => response.end('{}'))
  const plan = planOf(resources, { scenario, scale: 1, target, documents, tokens: [], seed: 1 })
  expect(plan.operations.map(({ name }) => name)).toEqual(['places.read'])
})

it('lets closed users wait for their answers: a server that never answers is asked once by each', async () => {
  let asked = 0
  const target = await serve(() => {
    asked++
  })
  const behaviour = { kind: 'closed', everyMs: 20 } as const
  const users = [
    { atMs: 0, users: 5 },
    { atMs: 400, users: 5 },
  ] as const
  const { summary } = await runPlan(planFor(target, { behaviour, users: [...users], timeoutMs: 600 }))
  expect(asked).toBe(5)
  expect(summary.failures).toEqual({ timeout: 5 })
})

it('holds the connections of slow clients, and counts those that the target cuts off', async () => {
  const open = new Set<unknown>()
  const server = createServer((_request, response) => void response.end('{}'))
  server.on('connection', (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { summary } = await runPlan(planFor(target, { slowClients: { count: 7, byteEveryMs: 100 } }))
  expect(summary.notes?.[0]).toMatch(/^slow clients: \d+ open, \d+ cut off$/)
  expect(summary.total.good).toBe(summary.total.asked)
})

it.each([
  [0, 10],
  [500, 15],
  [1_000, 20],
  [2_000, 20],
])('knows how many users are online after %d ms', (atMs, users) => {
  const points = [
    { atMs: 0, users: 10 },
    { atMs: 1_000, users: 20 },
  ]
  expect(usersAt(points, atMs)).toBe(users)
})

it('ends when the time of the last user is over', async () => {
  let asked = 0
  await closedUsers({
    users: [
      { atMs: 0, users: 3 },
      { atMs: 1_000, users: 3 },
    ],
    thinkMs: 10,
    random: () => 0.5,
    ask: (_user, _intendedMs, atMs, done) => {
      expect(atMs).toBeLessThan(1_000)
      asked++
      done()
    },
  })
  expect(asked).toBeGreaterThan(3)
})

it('reads documents from the target, page after page, up to the wanted number', async () => {
  const target = await serve((request, response) => {
    const page = new URL(request.url ?? '', 'http://x').searchParams.get('cursor') ?? '0'
    response.setHeader('link', `</v2/places?limit=100&cursor=${Number(page) + 1}>; rel="next"`)
    response.end(JSON.stringify({ items: [{ id: `p${page}`, countryCode: 'FR' }] }))
  })
  const operations = operationsOf(resources, { shares: { list: 1 }, resources: ['places'] })
  expect(await learnDocuments({ target, operations, count: 3 })).toEqual({
    places: ['p0', 'p1', 'p2'].map((id) => ({ id, filterValue: 'FR' })),
  })
})

it.each([
  ['</a?b=1>; rel="next"', '/a?b=1'],
  ['</a>; rel="first", </b>; rel="next"', '/b'],
  ['</a>; rel="prev"', undefined],
  [null, undefined],
])('finds the next page in %s', (link, next) => expect(nextPage(link)).toBe(next))
