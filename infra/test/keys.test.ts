import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { edgeKeysParameter, keyHolders, keysSecret } from '../src/key-names.ts'
import { trustedEverywhereMs } from '../src/keys/key-ring.ts'
import { FakeAccount } from './fake-aws/account.ts'
import { Commands } from './support/commands.ts'

/** `npm run keys` with an account, and a `wrangler` that takes secrets. */
let folder: string
let commands: Commands
let aws: FakeAccount
const worker = () => join(folder, 'worker')
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-keys-'))
  commands = new Commands(folder)
  commands.add('wrangler', `cat > "${worker()}"`)
  aws = await FakeAccount.start(inject('templates'), 'staging')
})
afterEach(async () => {
  await aws.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const keys = (...words: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const program = join(import.meta.dirname, '..', 'bin', 'keys.ts')
    const child = spawn(process.execPath, [program, ...words, '--stage', 'staging'], {
      env: { ...process.env, ...aws.server.environment, PATH: `${commands.folder}:${process.env.PATH}` },
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.once('close', (status) => resolve({ status, stdout, stderr }))
  })
const names = keyHolders.map((holder) => keysSecret('staging', holder))
const secret = (name: string) => JSON.parse(aws.secrets.values.get(name) ?? '')
const sent = () => JSON.parse(readFileSync(worker(), 'utf8'))
const trusted = () => JSON.parse(aws.systems.parameters.get(edgeKeysParameter('staging')) ?? '')
const trustedIds = () => trusted().keys.map(({ kid }: { kid: string }) => kid)
const signingId = () => JSON.parse(sent().ASSERTION_KEY).kid
/** Keys of an origins' ring as stored, in a secret that holds no other one. */
const ring = (name: 'purge' | 'webhook') => {
  const { [name]: own, ...others } = secret(keysSecret('staging', name))
  expect(others).toEqual({})
  return (own as { value: string }[]).map(({ value }) => value)
}
/** Lets the time pass that origins need. */
const wait = () => {
  for (const name of names.filter((each) => aws.secrets.values.get(each)?.startsWith('{'))) {
    const rings: Record<string, { trustedAtMs: number }[]> = secret(name)
    for (const key of Object.values(rings).flat()) key.trustedAtMs -= trustedEverywhereMs
    aws.secrets.values.set(name, JSON.stringify(rings))
  }
}

describe('the keys of the edge', () => {
  it('are made the first time, and never on a command line', async () => {
    const { status, stderr } = await keys('create')
    expect(status, stderr).toBe(0)
    expect(existsSync(worker())).toBe(false)
    expect((await keys('deploy')).status).toBe(0)
    const { ASSERTION_KEY, CACHE_KEY, CONSISTENCY_KEY, PURGE_KEY, ...others } = sent()
    // The webhook key is the origins' alone.
    expect(others).toEqual({})
    const { d, ...publicHalf } = JSON.parse(ASSERTION_KEY)
    expect(trusted()).toEqual({ keys: [publicHalf] })
    expect(CACHE_KEY).toMatch(/^[\w-]{43}$/)
    expect(CONSISTENCY_KEY).not.toBe(CACHE_KEY)
    expect(commands.calls.at(-1)).toBe('wrangler deploy --env staging --secrets-file /dev/stdin')
    const webhookKey = ring('webhook')[0] ?? ''
    expect([PURGE_KEY, webhookKey]).toEqual([ring('purge')[0], expect.stringMatching(/^[\w-]{43}$/)])
    expect(new Set([CACHE_KEY, CONSISTENCY_KEY, PURGE_KEY, webhookKey]).size).toBe(4)
    for (const secret of [d, CACHE_KEY, CONSISTENCY_KEY, PURGE_KEY, webhookKey])
      expect(commands.calls.join()).not.toContain(secret)
  })

  it('rotate apart: the assertion key is trusted before it signs, and the others stay', async () => {
    await keys('create')
    await keys('deploy')
    const first = sent()
    rmSync(worker())
    expect((await keys('trust', 'assertion')).stdout).toContain('within a minute')
    expect(existsSync(worker())).toBe(false)
    const [old, fresh] = trustedIds()
    expect(await keys('use', 'assertion')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/wait \d+ s/),
    })
    wait()
    expect((await keys('use', 'assertion')).status).toBe(0)
    expect(signingId()).toBe(fresh)
    expect(trustedIds()).toEqual([fresh, old])
    expect((await keys('drop', 'assertion')).status).toBe(0)
    expect(trustedIds()).toEqual([fresh])
    const { CACHE_KEY, CONSISTENCY_KEY } = sent()
    expect({ CACHE_KEY, CONSISTENCY_KEY }).toEqual({
      CACHE_KEY: first.CACHE_KEY,
      CONSISTENCY_KEY: first.CONSISTENCY_KEY,
    })
  })

  it('rotate apart: a new key of URLs is used before the old one, which is still found', async () => {
    await keys('create')
    await keys('deploy')
    const { ASSERTION_KEY, CACHE_KEY: old } = sent()
    await keys('trust', 'cache')
    const [, fresh] = sent().CACHE_KEY.split(',')
    wait()
    await keys('use', 'cache')
    expect(sent().CACHE_KEY).toBe(`${fresh},${old}`)
    expect(commands.calls.at(-1)).toBe('wrangler versions secret bulk --env staging --message keys')
    await keys('drop', 'cache')
    expect(sent()).toMatchObject({ ASSERTION_KEY, CACHE_KEY: fresh })
  })

  it('rotate apart: the edge accepts a new key of purges before an origin signs with it, and longer than that', async () => {
    await keys('create', 'purge', 'webhook')
    await keys('send')
    const [old] = ring('purge')
    await keys('trust', 'purge')
    const [, fresh] = ring('purge')
    expect(sent()).toEqual({ PURGE_KEY: `${old},${fresh}` })
    wait()
    rmSync(worker())
    // The edge accepts both, so it needs no new version.
    expect((await keys('use', 'purge')).stdout).toContain('from their next start')
    expect(existsSync(worker())).toBe(false)
    expect(ring('purge')).toEqual([fresh, old])
    await keys('drop', 'purge')
    expect(sent()).toEqual({ PURGE_KEY: fresh })
  })

  it('rotate apart: no Worker has the key of receivers, whatever the step', async () => {
    await keys('create', 'webhook')
    const [old] = ring('webhook')
    for (const step of ['trust', 'use', 'drop']) {
      wait()
      expect((await keys(step, 'webhook')).stdout).toContain('from their next start')
    }
    expect(existsSync(worker())).toBe(false)
    expect(ring('webhook')).toHaveLength(1)
    expect(ring('webhook')).not.toContain(old)
  })

  it('can be sent again after a roll-back that brought old ones back', async () => {
    await keys('create')
    await keys('deploy')
    const before = sent()
    rmSync(worker())
    expect((await keys('send')).status).toBe(0)
    expect(sent()).toEqual(before)
  })

  it('are not replaced by a second create', async () => {
    await keys('create')
    const before = names.map(secret)
    expect(await keys('create')).toMatchObject({ status: 1, stderr: expect.stringContaining('already') })
    expect(names.map(secret)).toEqual(before)
  })
})
