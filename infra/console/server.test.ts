import { request } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { calmOrigin, emptyEdge, type Signs } from '../why/signs.ts'
import { type Console, startConsole } from './server.ts'
import { consoleState } from './state.ts'

const hostile = '<script>alert(1)</script>'
let signs: Signs = { edge: emptyEdge, origins: [calmOrigin], issuers: [] }
const state = async () => consoleState(signs, [], { nowMs: 0, seconds: 60 })
let served: Console

beforeAll(async () => {
  served = await startConsole({ state })
})
afterAll(() => served.stop())

const get = (path: string) => fetch(served.url + path)

it('shows a healthy stack as such', async () => {
  signs = { edge: emptyEdge, origins: [calmOrigin], issuers: [{ name: 'https://a', isReachable: true }] }
  const text = await (await get('/')).text()
  expect(text).toContain('no request was refused or failed because of the stack')
  expect(text).toContain('https://a answers')
})

it('names the first cause, with what shows it and what to do', async () => {
  const stuck = { ...calmOrigin, pool: { size: 16, inUse: 16 }, poolWaitSeconds: 0.4 }
  signs = { edge: emptyEdge, origins: [stuck, { ...calmOrigin, isLive: false }], issuers: [] }
  const text = await (await get('/figures')).text()
  expect(text).toContain('pool exhausted')
  expect(text).toContain('16 of 16 connections in use')
  expect(text).toContain('npm run runbook -- scale-out')
  expect(text).toContain('Perhaps a consequence: origin down')
})

it('escapes what the stack reports', async () => {
  signs = { edge: emptyEdge, origins: [{ ...calmOrigin, name: hostile }], issuers: [] }
  const text = await (await get('/figures')).text()
  expect(text).not.toContain(hostile)
  expect(text).toContain('&lt;script&gt;')
})

it('gives the same as JSON', async () => {
  signs = { edge: emptyEdge, origins: [calmOrigin], issuers: [] }
  expect(await (await get('/state')).json()).toEqual(JSON.parse(JSON.stringify(await state())))
})

it('lets the page run its own script and no other', async () => {
  const answer = await get('/')
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
  expect(await (await get('/console.js')).text()).toContain('/figures')
  expect((await get('/console.css')).headers.get('content-type')).toBe('text/css; charset=utf-8')
})

it('answers no other host name', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request(`${served.url}/state`, { headers: { host: 'evil.example' } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(status).toBe(421)
})
