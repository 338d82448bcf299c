import { createServer } from 'node:http'
import { endServer, listenOnLoopback } from '@spillway/origin/dev/loopback-server'
import { portOf } from '@spillway/origin/dev/ports'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { KvNamespace } from './control-namespace.ts'

/** Pages of two keys each, as Cloudflare's API answers them. */
const names = ['shed', 'revoked:sub:alice', 'revoked:sub:bob', 'revoked:sub:carol', 'x']
const values = new Map<string, string>()
const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://loopback')
  const [, part, key = ''] =
    /^\/accounts\/me\/storage\/kv\/namespaces\/ns\/(\w+)(?:\/(.+))?$/.exec(pathname) ?? []
  const name = decodeURIComponent(key)
  if (part === 'keys') {
    const from = Number(searchParams.get('cursor') ?? 0)
    const cursor = from + 2 < names.length ? String(from + 2) : ''
    const result = names.slice(from, from + 2).map((each) => ({ name: each }))
    response.end(JSON.stringify({ success: true, result, result_info: { cursor } }))
  } else if (request.method === 'PUT') {
    let body = ''
    for await (const chunk of request) body += chunk
    values.set(name, body)
    response.end(JSON.stringify({ success: true }))
  } else if (name === 'broken') response.writeHead(500).end('try later')
  else response.writeHead(values.has(name) ? 200 : 404).end(values.get(name) ?? 'key not found')
})
let namespace: KvNamespace
beforeAll(async () => {
  await listenOnLoopback(server)
  const access = { token: 'secret', baseUrl: `http://127.0.0.1:${portOf(server)}` }
  namespace = new KvNamespace({ accountId: 'me', ...access }, 'ns')
})
afterAll(() => endServer(server))

it('lists the keys of all pages', async () => {
  expect((await namespace.list()).map(({ name }) => name)).toEqual(names)
})

it('reads what it has written, under a key of any characters', async () => {
  expect(await namespace.get('revoked:sub:auth0|alice/1')).toBeUndefined()
  await namespace.put('revoked:sub:auth0|alice/1', 'value with ü')
  expect(await namespace.get('revoked:sub:auth0|alice/1')).toBe('value with ü')
})

it('an answer that is no answer is an error, and has no token in it', async () => {
  const failure = await namespace.get('broken').catch(String)
  expect(failure).toContain('500')
  expect(failure).not.toContain('secret')
})
