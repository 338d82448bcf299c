import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { originEnv, parsePurgeBody, purgeCall } from '@spillway/origin/contract'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { instantOf, newRecord } from '../../src/store/envelope.ts'
import { mongodbUri } from '../support/database.ts'

const database = `erase-${randomUUID().slice(0, 8)}`
const application = ['--application', 'origin/test/fixture/erased']
const cwd = join(import.meta.dirname, '../..')
const env = { ...process.env, [originEnv.mongodbUri]: mongodbUri(), [originEnv.mongodbDatabase]: database }
let client: MongoClient
beforeAll(async () => {
  client = await new MongoClient(mongodbUri(), { retryWrites: false }).connect()
})
afterAll(async () => {
  await client.db(database).dropDatabase()
  await client.close()
})

async function run(script: string, options: readonly string[], more: Record<string, string> = {}) {
  const args = [`scripts/${script}.ts`, ...options]
  const ran = promisify(execFile)(process.execPath, args, { cwd, env: { ...env, ...more } })
  // A program that fails still has its output.
  return ran.then(
    ({ stdout, stderr }) => ({ stdout, stderr, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  )
}
const erase = (options: readonly string[], more?: Record<string, string>) =>
  run('erase', [...options, ...application], more)

const diaries = () => client.db(database).collection<{ _id: string; _v: number; text?: string }>('diaries')
async function fill(subject: string, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, index) => {
    const fields = { ownerId: index % 2 === 0 ? subject : 'other', text: `of ${subject}` }
    return newRecord(randomUUID(), fields, { writeId: 'seed', at: instantOf(Date.now()) })
  })
  await diaries().insertMany(records as never)
}

it('says what is wrong, plans without a change, erases, purges, and finds nothing the second time', {
  timeout: 120_000,
}, async () => {
  expect(await erase([])).toMatchObject({ code: 1, stderr: expect.stringContaining('usage: npm run erase') })
  expect(await erase(['dora', '--plan'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('npm run migrate -- --run'),
  })
  expect((await run('migrate', ['--run', ...application])).code).toBe(0)
  expect(await erase(['dora'], { EDGE_URL: 'http://127.0.0.1:9' })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('EDGE_URL and PURGE_KEY: set both'),
  })
  await fill('dora', 6)
  const before = await diaries().find().toArray()
  const planned = await erase(['dora'])
  expect(planned.stdout).toBe('would be erased:\n  diaries: 3 deleted\nnothing was changed: --yes erases\n')
  expect(await diaries().find().toArray()).toEqual(before)

  const purged: string[] = []
  let calls = 0
  const api = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const isSigned = String(request.headers[purgeCall.signature]).includes(',v1=')
    // The first call fails: it is repeated.
    calls += 1
    if (calls > 1 && isSigned && request.url === purgeCall.path) purged.push(...(parsePurgeBody(body) ?? []))
    response.writeHead(calls > 1 ? 204 : 503).end()
  })
  await once(api.listen(0, '127.0.0.1'), 'listening')
  const edge = {
    PURGE_KEY: 'secret-of-the-edge-and-the-origin-together',
    EDGE_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
  }
  const erased = await erase(['dora', '--yes'], edge)
  api.close()
  expect(erased).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('erased:\n  diaries: 3 deleted\n'),
  })
  expect(erased.stdout).not.toContain('stored by the edge')
  expect(erased.stdout + erased.stderr).not.toContain('secret-of')
  const ids = before.filter((one) => 'ownerId' in one && one.ownerId === 'dora').map(({ _id }) => _id)
  expect(purged).toEqual(expect.arrayContaining(ids.map((id) => `diaries:${id}`)))
  expect(await diaries().countDocuments({ _v: 1 })).toBe(3)

  const again = await erase(['dora', '--yes'])
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('erased:\n  nothing\n') })
  expect(again.stdout).toContain('answers stored by the edge: until')
})

it('goes on where a process was killed, and names the person in no state', { timeout: 180_000 }, async () => {
  // More than a batch, which is of 500: the process is killed after the first, while it pauses for as long as that
  // took.
  await fill('emil', 700)
  const child = spawn(process.execPath, ['scripts/erase.ts', 'emil', '--yes', ...application], { cwd, env })
  for await (const chunk of child.stderr) if (String(chunk).includes('pass 1, diaries')) break
  child.kill('SIGKILL')
  const [, signal] = await once(child, 'exit')
  expect(signal).toBe('SIGKILL')
  const left = await diaries().countDocuments({ ownerId: 'emil' } as never)
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThan(350)
  const [state] = await client.db(database).collection('_erasures').find().toArray()
  expect(JSON.stringify(state)).not.toContain('emil')
  // As after the time in which the lease of a dead process runs out, which the lease's own tests wait for.
  await client
    .db(database)
    .collection('_jobs')
    .updateMany({}, { $set: { holder: null } })

  expect(await erase(['fred', '--yes'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the erasure of another person is unfinished'),
  })
  const resumed = await erase(['emil', '--yes'])
  expect(resumed).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('at least, as a run was interrupted'),
  })
  expect(resumed.stderr).toContain('going on in pass 1, at diaries')
  expect(resumed.stdout).toContain(String(state?.pseudonym))
  expect(await diaries().countDocuments({ ownerId: 'emil' } as never)).toBe(0)
  expect(await diaries().countDocuments({ ownerId: 'other' } as never)).toBe(353)
})
