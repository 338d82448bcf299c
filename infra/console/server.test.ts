import { request } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { calmOrigin, emptyEdge, type Signs } from '../why/signs.ts'
import { type Console, startConsole } from './server.ts'
import { consoleState } from './state.ts'

const hostile = '<script>alert(1)</script>'
let signs: Signs = { edge: emptyEdge, origins: [calmOrigin], issuers: [], ways: [], control: [] }
const state = async () => consoleState(signs, [], { place: 'this machine', nowMs: 0, seconds: 60 })
let served: Console

beforeAll(async () => {
  served = await startConsole({ state })
})
afterAll(() => served.stop())

const get = (path: string) => fetch(served.url + path)

it('shows a healthy stack as such', async () => {
  signs = {
    edge: emptyEdge,
    origins: [calmOrigin],
    issuers: [{ name: 'https://a', isReachable: true }],
    ways: [],
    control: [],
  }
  const text = await (await get('/')).text()
  expect(text).toContain('no request was refused or failed because of the stack')
  expect(text).toContain('https://a answers')
})

it('names the first cause, with what shows it and what to do', async () => {
  const stuck = { ...calmOrigin, pool: { size: 16, inUse: 16 }, poolWaitSeconds: 0.4 }
  signs = {
    edge: emptyEdge,
    origins: [stuck, { ...calmOrigin, isLive: false }],
    issuers: [],
    ways: [],
    control: [],
  }
  const text = await (await get('/figures')).text()
  expect(text).toContain('pool exhausted')
  expect(text).toContain('16 of 16 connections in use')
  expect(text).toContain('npm run runbook -- scale-out')
  expect(text).toContain('Perhaps a consequence: origin down')
})

it('shows the switch as edges read it, and the command that turns it', async () => {
  const off = await (await get('/figures')).text()
  expect(off).toContain('<dd class="">off</dd>')
  const control = [
    { name: 'shed', value: 'normal', expiration: 1_900_000_000 },
    { name: 'revoked:sub:mallory' },
  ]
  const edge = { ...emptyEdge, refusals: { 'shed-switched-off': 41 } }
  signs = { edge, origins: [], issuers: [], ways: [], control }
  const text = await (await get('/figures')).text()
  for (const shown of ['shed normal', '17:46 UTC', '>41<', 'npm run control -- shed background'])
    expect(text).toContain(shown)
})

it('shows groups, versions and connections against the budget of a stage', async () => {
  const database = { busyPercent: 91, connections: 2_600, connectionsBudget: 2_500, failoverAt: undefined }
  const deployment = {
    groups: [
      { name: 'spillway-origin-production', inService: 3, desired: 4, max: 12, versions: { '7': 2, '8': 1 } },
    ],
    edgeVersions: [{ id: '0123456789abcdef', percent: 10 }],
  }
  const all: Signs = {
    edge: emptyEdge,
    origins: [],
    issuers: [],
    ways: [{ name: 'tunnel 2', isOpen: false }],
    control: [],
    database,
  }
  const { figures } = await import('./page.ts')
  const text = String(
    figures(
      consoleState(all, [], {
        place: 'stage production',
        nowMs: 0,
        seconds: 300,
        stepSeconds: 60,
        deployment,
      }),
    ),
  )
  for (const shown of ['7: 2, 8: 1', '01234567', '10 %', '2600 / 2500', '91 %', 'tunnel 2 does not carry'])
    expect(text).toContain(shown)
  expect(text).toContain('npm run runbook -- emergency-shed --stage production --level background')
})

it('escapes what the stack reports', async () => {
  signs = { edge: emptyEdge, origins: [{ ...calmOrigin, name: hostile }], issuers: [], ways: [], control: [] }
  const text = await (await get('/figures')).text()
  expect(text).not.toContain(hostile)
  expect(text).toContain('&lt;script&gt;')
})

it('gives the same as JSON', async () => {
  signs = { edge: emptyEdge, origins: [calmOrigin], issuers: [], ways: [], control: [] }
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
