import { up } from '@spillway/infra/local/up'
import { expect, inject, onTestFailed, test } from 'vitest'

test('two edges, two origins and a proxy before each tier make one stack', async () => {
  await using stack = await up({
    databaseUri: inject('databaseUri'),
    application: 'patient',
    origins: 2,
    edges: 2,
    proxied: ['origin', 'database', 'issuer'],
  })
  onTestFailed(async () => console.error(await stack.logs()))
  const authorization = `Bearer ${await stack.issuer.mintToken({ sub: 'alice' })}`

  for (const edge of stack.edges) {
    const response = await fetch(`${edge.url}/v2/trips`, { headers: { authorization } })
    expect(await response.json()).toEqual({ items: [], nextCursor: null })
  }
  expect(stack.proxies.origin).toHaveLength(2)
  expect(stack.proxies.origin.some(({ accepted }) => accepted > 0)).toBe(true)
  expect(stack.proxies.database[0]?.accepted).toBeGreaterThan(0)
  expect(stack.proxies.issuer[0]?.accepted).toBeGreaterThan(0)
  expect(stack.issuer.keyRequests).toBe(2)
})

test('an origin that cannot start is told by its own words, and nothing is left of the stack', async () => {
  await expect(up({ databaseUri: inject('databaseUri'), originEnv: { POOL_SIZE: 'many' } })).rejects.toThrow(
    /origin exited with code 1:.*POOL_SIZE/s,
  )
})
