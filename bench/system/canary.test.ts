import { runCanary } from '@spillway/infra/canary/canary'
import { type Stack, up } from '@spillway/infra/local/up'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'

let stack: Stack
let token: string
beforeAll(async () => {
  stack = await up({ databaseUri: inject('databaseUri'), application: 'fixture', proxied: ['origin'] })
  token = await stack.issuer.mintToken({ sub: 'spillway-canary' })
})
afterAll(() => stack?.stop())

const target = {
  version: 'v2',
  resource: 'trips',
  body: { title: 'canary', startsOn: '2027-05-01', endsOn: '2027-05-02', placeIds: [] },
  patch: { notes: 'changed' },
} as const

const run = (request: typeof fetch = fetch) =>
  runCanary({ url: stack.url, token, target, fetch: request, now: () => performance.now() })

const left = async () => {
  const answer = await fetch(`${stack.url}/v2/trips`, { headers: { authorization: `Bearer ${token}` } })
  const { items } = (await answer.json()) as { items: readonly unknown[] }
  return items.length
}

test('a healthy stack lets the canary do everything, and keeps nothing of it', async () => {
  const results = await run()
  expect(results.map(({ step, wrong }) => [step, wrong])).toEqual(
    ['clean', 'create', 'read', 'change', 'conflict', 'deny', 'delete', 'gone'].map((step) => [
      step,
      undefined,
    ]),
  )
  expect(await left()).toBe(0)
})

test('a write that does not check the version is noticed', async () => {
  const careless: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers)
    if (init?.method === 'PATCH') headers.set('if-match', '*')
    return fetch(input, { ...init, headers })
  }
  const wrong = (await run(careless)).filter((result) => result.wrong !== undefined)
  expect(wrong).toMatchObject([{ step: 'conflict' }])
})

test('what a run has left behind is removed by the next one', async () => {
  const noDelete: typeof fetch = (input, init) =>
    init?.method === 'DELETE' ? Promise.reject(new Error('cut off')) : fetch(input, init)
  const cut = (await run(noDelete)).filter(({ wrong }) => wrong !== undefined)
  expect(cut).toMatchObject([{ step: 'delete' }, { step: 'gone' }])
  expect(await left()).toBe(1)
  expect((await run()).every(({ wrong }) => wrong === undefined)).toBe(true)
  expect(await left()).toBe(0)
})

test('an origin that is gone fails each step that needs it, with the reason', async () => {
  const [proxy] = stack.proxies.origin
  await proxy?.apply({ kind: 'cut' })
  const results = await run()
  await proxy?.apply({ kind: 'pass' })
  const create = results.find(({ step }) => step === 'create')
  expect(create?.wrong).toMatch(/^50[34] /)
  expect(results.find(({ step }) => step === 'read')).toMatchObject({ wrong: 'left out', attempts: 0 })
})
