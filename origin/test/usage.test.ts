import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { defineApplication, monthEndMs, plans, role, tellUsagePath } from '@spillway/origin/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usage as example } from '../docs/model/example/usage.ts'
import { noServerCode } from '../src/server-code.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice, bob } from './support/client.ts'
import { mongodbUri } from './support/database.ts'

/** Usage of callers with a plan, as edges tell of it and as it is shown. */

const usage = plans({ plans: { free: { rate: 1 } }, access: role('admin'), versions: ['v1'] })
const application = defineApplication({
  ...{ name: 'usage', title: 'Usage', summary: 'Usage alone.' },
  resources: [usage],
})
const admin = { subject: 'ada', scopes: [], claims: { roles: ['admin'] } }
let app: TestApp

beforeAll(async () => {
  app = await startTestApp({ application, server: noServerCode })
})
afterAll(() => app.stop())

const told = (caller: string, requests: number, month = '2027-05') => ({
  caller,
  requests,
  month,
  plan: 'free',
})
const tell = async (...usages: readonly object[]) => {
  const answer = await app.send('POST', tellUsagePath, { body: { usage: usages } })
  expect(answer.status).toBe(200)
  return answer.json.totals
}

it('adds up reports, and answers with the totals', async () => {
  expect(await tell(told('alice', 3), told('bob', 2))).toEqual([3, 2])
  expect(await tell(told('bob', 5), told('alice', 0), told('carol', 0))).toEqual([7, 3, 0])
  expect(await tell(told('alice', 1, '2027-06'))).toEqual([1])
})

it('adds up exactly what arrives at the same time', async () => {
  await Promise.all(Array.from({ length: 40 }, () => tell(told('busy', 1), told('also-busy', 2))))
  expect(await tell(told('busy', 0), told('also-busy', 0))).toEqual([40, 80])
})

it('shows callers their own usage, and all of it by the rule', async () => {
  const callersOf = async (as: typeof alice) =>
    (await app.send('GET', '/v1/usage?month=2027-05', { as })).json.items.map(
      ({ caller, requests }: { caller: string; requests: number }) => `${caller} ${requests}`,
    )
  expect(await callersOf(alice)).toEqual(['alice 3'])
  expect(await callersOf(bob)).toEqual(['bob 7'])
  expect((await callersOf(admin)).sort()).toEqual(['alice 3', 'also-busy 80', 'bob 7', 'busy 40'])
  expect((await app.send('GET', '/v1/usage')).status).toBe(401)
  const [own] = (await app.send('GET', '/v1/usage?month=2027-05', { as: alice })).json.items
  expect((await app.send('GET', `/v1/usage/${own.id}`, { as: bob })).status).toBe(404)
})

it('is exported by a command', async () => {
  const env = { ...process.env, MONGODB_URI: mongodbUri(), MONGODB_DATABASE: app.database.db.databaseName }
  const script = join(import.meta.dirname, '../scripts/usage.ts')
  const run = async (...args: readonly string[]) =>
    (await promisify(execFile)(process.execPath, [script, ...args], { env })).stdout
  const lines = (await run('--month', '2027-05')).split('\r\n')
  expect(lines[0]).toBe('month,caller,plan,requests')
  expect(lines).toContain('2027-05,alice,free,3')
  expect(await run('--month', '2027-06', '--format', 'ndjson')).toBe(
    '{"month":"2027-06","caller":"alice","plan":"free","requests":1}\n',
  )
  expect(await run('--month', '1999-01')).toBe('month,caller,plan,requests\r\n')
  await expect(run('--month', 'May')).rejects.toMatchObject({ stderr: expect.stringContaining('usage:') })
}, 120_000)

it.each([
  ['no report', {}],
  ['a negative count', { usage: [told('a', -1)] }],
  ['half a request', { usage: [told('a', 0.5)] }],
  ['a month that is none', { usage: [told('a', 1, '$where')] }],
  ['a caller that is no text', { usage: [{ ...told('a', 1), caller: { $ne: 1 } }] }],
  ['too many callers', { usage: Array.from({ length: 501 }, () => told('a', 1)) }],
])('refuses %s', async (_name, body) => {
  expect((await app.send('POST', tellUsagePath, { body })).status).toBe(400)
})

it('takes no report but an edge’s', async () => {
  const headers = { 'spillway-assertion': undefined }
  expect((await app.send('POST', tellUsagePath, { body: { usage: [] }, headers })).json.code).toBe(
    'edge-only',
  )
})

describe('a definition', () => {
  it.each<[string, object, string]>([
    ['no plan', { plans: {} }, 'plans is empty: name at least one'],
    [
      'a rate of nothing',
      { plans: { a: { rate: 0 } } },
      'plans.a.rate 0: must be a number above 0, up to 100,000',
    ],
    [
      'a burst of nothing',
      { plans: { a: { rate: 1, burst: 0 } } },
      'plans.a.burst 0: must be an integer from 1',
    ],
    [
      'a default that is none',
      { plans: { a: { rate: 1 } }, default: 'b' },
      "default 'b' is not in plans: add it",
    ],
    ['a name with a blank', { plans: { 'a b': { rate: 1 } } }, 'plans.a b: use lower-case letters'],
  ])('with %s is refused', (_name, options, mistake) => {
    const given = { access: role('admin'), versions: ['v1'], ...options } as unknown as Parameters<
      typeof plans
    >[0]
    expect(() => plans(given)).toThrow(mistake)
  })
})

it('knows when a month ends, in UTC', () => {
  expect(monthEndMs(Date.parse('2027-12-31T23:59:59.999Z'))).toBe(Date.parse('2028-01-01T00:00:00Z'))
  expect(monthEndMs(Date.parse('2028-02-01T00:00:00Z'))).toBe(Date.parse('2028-03-01T00:00:00Z'))
})

it('the page on plans shows an example that is valid', () => {
  expect([...example.plans.byName.keys()]).toEqual(['free', 'pro'])
  const file = readFileSync(join(import.meta.dirname, '../docs/model/example/usage.ts'), 'utf8')
  expect(readFileSync(join(import.meta.dirname, '../../edge/docs/plans.md'), 'utf8')).toContain(file)
})
