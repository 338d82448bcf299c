/**
 * Program: `npm run test:why` breaks a running system in twelve ways, one after the other, and asks `npm run why` after
 * each. The cause must be named first within 15 s, with its tier, since when, whom it hits, and what to do; a healthy
 * system must be called healthy before and after. Arguments are names of causes: these alone.
 */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { report } from '@spillway/infra/why/report'
import { originEnv } from '@spillway/origin/contract'
import { Steps } from '../measure/steps.ts'
import { Callers } from './callers.ts'
import { recentMs, WatchedStack } from './watched-stack.ts'

const only = process.argv.slice(2)
const steps = new Steps()
console.error('Starting the stack …')
await using watched = await WatchedStack.start()
const { stack } = watched
const token = async (sub = 'alice', ...scopes: readonly string[]) =>
  `Bearer ${await stack.issuer.mintToken({ sub, scopes })}`
const alice = { authorization: await token() }
const ask = async (
  path: string,
  headers: Record<string, string> = {},
  init: RequestInit = {},
): Promise<number> => {
  const answer = await fetch(stack.url + path, { ...init, headers: { ...headers, ...init.headers } })
  await answer.arrayBuffer()
  return answer.status
}
/** A list that nobody has asked for. */
const unread = (number: number) => `/v2/places?population[gte]=${Math.floor(Math.random() * 1e9) + number}`

/** Calls the action that fails. */
let badAction: () => Promise<number>

await steps.run('a healthy system is said to be healthy', () => healthy())

await cause('emergency switch', {
  hits: '/v2/places',
  async inject() {
    // Isolates read it every 15 s; a new one reads it before its first answer.
    const edge = await stack.replaceEdge()
    await edge.control.put('shed', 'normal')
    await until(async () => (await ask(unread(0))) === 503)
  },
  mend: async () => void (await stack.replaceEdge()),
})

await cause('breaker open', {
  hits: '/v2/places',
  async inject() {
    await proxyOf('origin').apply({ kind: 'cut' })
    await until(async () => (await Promise.all([1, 2, 3, 4, 5, 6].map((i) => ask(unread(i))))).includes(503))
    await proxyOf('origin').apply({ kind: 'pass' })
  },
})

await cause('tunnel down', {
  hits: '/v2/places',
  async inject() {
    // Connections open, and nothing comes back: half-dead.
    await proxyOf('origin').apply({ kind: 'stall' })
    await ask(unread(0))
  },
  mend: () => proxyOf('origin').apply({ kind: 'pass' }),
})

await cause('pool exhausted', {
  async inject() {
    await stack.replaceOrigin({ env: { [originEnv.poolSize]: '1' } })
    await watched.slowReads(150)
  },
  load: () =>
    new Callers(stack.url, 16, (number) => (number % 2 === 0 ? unread(number) : '/v2/trips'), alice),
  async mend() {
    await watched.slowReads('off')
    await stack.replaceOrigin()
  },
})

await cause('slow primary', {
  hits: '/v2/places',
  inject: () => watched.slowReads(3_000),
  load: () => new Callers(stack.url, 3, unread),
  mend: () => watched.slowReads('off'),
})

await cause('primary unavailable', {
  hits: '/v2/places',
  inject: () => watched.stepDown(20),
  load: () => new Callers(stack.url, 3, unread),
  mend: () => watched.primaryAgain(),
})

await cause('revoked token', {
  hits: 'sub:mallory',
  async inject() {
    const edge = await stack.replaceEdge()
    await edge.control.put('revoked:sub:mallory')
    const mallory = { authorization: await token('mallory') }
    await until(async () => (await ask('/v2/trips', mallory)) === 401)
  },
  mend: async () => void (await stack.replaceEdge()),
})

await cause('quota used up', {
  hits: '/v2/trips',
  async inject() {
    await stack.replaceEdge({ RATE_LIMIT: JSON.stringify({ limit: 5, periodSeconds: 60 }) })
    await until(async () => (await ask('/v2/trips', alice)) === 429)
  },
  mend: async () => void (await stack.replaceEdge()),
})

await cause('issuer down', {
  async inject() {
    await proxyOf('issuer').apply({ kind: 'cut' })
    await stack.replaceEdge()
    assert.equal(await ask('/v2/trips', alice), 503)
  },
  hits: '/v2/trips',
  mend: () => proxyOf('issuer').apply({ kind: 'pass' }),
})

await cause('origin stopping', {
  hits: '/v2/places',
  async inject() {
    await watched.slowReads(700)
    const callers = new Callers(stack.url, 12, unread)
    await sleep(1_000)
    await stack.origins[0]?.stop()
    await callers[Symbol.asyncDispose]()
  },
  async mend() {
    await watched.slowReads('off')
    await stack.replaceOrigin()
  },
})

await cause('cold cache', {
  hits: '/v2/places',
  async inject() {
    for (let round = 0; round < 5; round += 1)
      for (let number = 0; number < 80; number += 1) await ask(warm(number))
    // The second with the last answers is logged with the first answer after it.
    await sleep(recentMs + 1_000)
    await ask(warm(0))
    await watched.slowReads(250)
    await stack.replaceEdge()
  },
  load: () => new Callers(stack.url, 100, unread),
  mend: () => watched.slowReads('off'),
})

await cause('bad release', {
  hits: '/v2/places/:id/adjust-population',
  async inject() {
    const editor = {
      authorization: await token('editor', 'places:write'),
      'content-type': 'application/json',
    }
    const place = {
      name: 'Paris',
      countryCode: 'FR',
      kind: 'city',
      population: 1,
      location: { latitude: 1, longitude: 1 },
    }
    const created = await fetch(`${stack.url}/v2/places`, {
      method: 'POST',
      headers: editor,
      body: JSON.stringify(place),
    })
    // The cast is safe: a created document has an id.
    const { id } = (await created.json()) as { id: string }
    assert.equal(created.status, 201)
    await stack.replaceOrigin({ main: 'origin/test/fixture/faulty-main.ts' })
    const body = JSON.stringify({ by: 1 })
    await until(
      async () => (await ask(`/v2/places/${id}/adjust-population`, editor, { method: 'POST', body })) === 500,
    )
    badAction = () => ask(`/v2/places/${id}/adjust-population`, editor, { method: 'POST', body })
  },
  load: () => repeated(() => badAction()),
  mend: async () => void (await stack.replaceOrigin()),
})

await steps.run('a mended system is said to be healthy', () => healthy())

console.log(`${steps.passed} passed, ${steps.failed} failed`)
process.exitCode = steps.failed === 0 ? 0 : 1

function warm(number: number): string {
  return `/v2/places?population[gte]=${number}`
}

function proxyOf(tier: 'origin' | 'issuer') {
  const [proxy] = stack.proxies[tier]
  if (proxy === undefined) throw new Error(`no proxy of the ${tier}`)
  return proxy
}

async function healthy(): Promise<void> {
  await until(async () => (await ask('/v2/trips', alice)) === 200)
  watched.begin()
  await ask(unread(0))
  assert.deepEqual(
    (await watched.findings()).map(({ cause: { name }, evidence }) => [name, evidence]),
    [],
  )
}

interface Injection {
  /** A route or caller that it hits; without one, it hits none in this trial. */
  readonly hits?: string
  readonly inject: () => Promise<void>
  /** Requests that go on while the cause is looked for. */
  readonly load?: () => AsyncDisposable
  readonly mend?: () => Promise<void>
}

async function cause(name: string, { hits, inject, load, mend }: Injection): Promise<void> {
  if (only.length > 0 && !only.includes(name)) return
  await steps.run(`${name} is named first`, async () => {
    watched.begin()
    try {
      await inject()
      await using _callers = load?.()
      const { finding, afterMs } = await watched.untilNamed(name, hits)
      console.error(
        `${report([finding], 60).replaceAll(/^/gm, '        ')}\n        named after ${(afterMs / 1_000).toFixed(1)} s`,
      )
    } finally {
      await mend?.()
      // The next trial begins with a system that serves.
      await until(async () => (await ask('/v2/trips', alice)) === 200)
      await ask(unread(0))
    }
  })
}

function repeated(work: () => Promise<unknown>): AsyncDisposable {
  let isOver = false
  const done = (async () => {
    while (!isOver) {
      await work()
      await sleep(100)
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      isOver = true
      await done
    },
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('the fault did not show within a minute')
    await sleep(50)
  }
}
