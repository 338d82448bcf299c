import { startIssuer } from '@spillway/edge/dev/issuer'
import { createKey } from '@spillway/edge/dev/keys'
import { type Stack, up } from '@spillway/infra/local/up'
import { diagnose, type Finding } from '@spillway/infra/why/diagnose'
import { observe } from '@spillway/infra/why/observe'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'

/** `npm run why` on a real stack with each fault. */

let stack: Stack
let token: string
/** Lines of the log from before it belong to the test before. */
let startedAt: number

beforeAll(async () => {
  stack = await up({
    databaseUri: inject('databaseUri'),
    application: 'fixture',
    proxied: ['origin', 'database', 'issuer'],
  })
  token = await stack.issuer.mintToken({ sub: 'alice' })
})
afterAll(() => stack?.stop())
beforeEach(() => {
  startedAt = Date.now()
})

const ask = (path = '/v2/trips', authorization = `Bearer ${token}`) =>
  fetch(stack.url + path, { headers: { authorization } }).then(async (answer) => {
    await answer.arrayBuffer()
    return answer.status
  })
const proxy = (tier: 'origin' | 'database' | 'issuer') =>
  stack.proxies[tier][0] as Stack['proxies']['origin'][0]

async function findings(): Promise<readonly Finding[]> {
  const { signs } = await observe(
    {
      edgeUrl: stack.url,
      originUrls: stack.origins.map(({ port }) => `http://127.0.0.1:${port}`),
      keySetUrls: [stack.issuer.jwksUri.replace(/:\d+\//, `:${proxy('issuer').port}/`)],
      edgeLog: stack.edgeLogs[0] as string,
    },
    { windowMs: Date.now() - startedAt, scrapesMs: 300 },
  )
  return diagnose(signs)
}

/** Asks, and looks for the cause, until it is the one that is named first. */
async function untilFirst(
  name: string | undefined,
  provoke: () => Promise<unknown>,
  hit?: string,
): Promise<Finding | undefined> {
  for (;;) {
    await provoke()
    const [first] = await findings()
    if (first?.cause.name === name && (hit === undefined || first?.hits.includes(hit))) return first
  }
}

test('a healthy stack says so', async () => {
  expect(await ask()).toBe(200)
  startedAt = Date.now()
  expect(await findings()).toEqual([])
})

test('an issuer that does not answer', async () => {
  await proxy('issuer').apply({ kind: 'cut' })
  const found = await untilFirst('issuer down', async () => {})
  await proxy('issuer').apply({ kind: 'pass' })
  expect(found?.evidence[0]).toContain('does not answer')
})

test('tokens of an issuer that is not trusted', async () => {
  const stranger = await startIssuer({ keys: [await createKey('ES256')] })
  const foreign = await stranger.mintToken({ sub: 'mallory' })
  await stranger.stop()
  const found = await untilFirst('tokens refused', () => ask('/v2/trips', `Bearer ${foreign}`))
  expect(found?.hits).toEqual(['/v2/trips'])
})

test('a database that does not answer', async () => {
  await proxy('database').apply({ kind: 'stall' })
  const found = await untilFirst('primary unavailable', () => ask())
  await proxy('database').apply({ kind: 'pass' })
  expect(found?.cause.tier).toBe('database')
  await untilFirst(undefined, async () => {
    await ask()
    startedAt = Date.now()
  })
})

test('a way to the origin that is cut', async () => {
  await proxy('origin').apply({ kind: 'cut' })
  const found = await untilFirst('tunnel down', () => ask(), '/v2/trips')
  expect(found).toMatchObject({ hits: ['/v2/trips'], since: expect.stringMatching(/Z$/) })
})

test('an origin that has gone', async () => {
  await stack.origins[0]?.stop()
  const found = await untilFirst('origin down', () => ask(), '/v2/trips')
  expect(found?.hits).toContain('/v2/trips')
})

test('an edge that has gone', async () => {
  await stack.edges[0]?.stop()
  const names = (await findings()).map(({ cause }) => cause.name)
  expect(names).toContain('edge down')
})
