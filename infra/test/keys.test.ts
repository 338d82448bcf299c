import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { trustedEverywhereMs } from '../src/keys/key-ring.ts'
import { Commands } from './support/commands.ts'

/** `npm run keys` with an `aws` that keeps what it is given, and a `wrangler` that takes secrets. */
let folder: string
let commands: Commands
const kept = (name: string) => join(folder, name)
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-keys-'))
  commands = new Commands(folder)
  commands.add(
    'aws',
    `case "$*" in
      *get-secret-value*) cat "${kept('secret')}" 2> /dev/null || echo 'jT5)random' ;;
      *put-secret-value*) cat > "${kept('secret')}" ;;
      *put-parameter*) cat > "${kept('parameter')}" ;;
    esac`,
  )
  commands.add('wrangler', `cat > "${kept('worker')}"`)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const keys = (...words: string[]) =>
  spawnSync(
    process.execPath,
    [join(import.meta.dirname, '..', 'bin', 'keys.ts'), ...words, '--stage', 'staging'],
    {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${commands.folder}:${process.env.PATH}` },
    },
  )
const read = (name: string) => JSON.parse(readFileSync(kept(name), 'utf8'))
const trustedIds = () => read('parameter').keys.map(({ kid }: { kid: string }) => kid)
const signingId = () => JSON.parse(read('worker').ASSERTION_KEY).kid
/** Lets the time pass that origins need. */
const wait = () => {
  const rings = read('secret')
  for (const ring of Object.values<{ trustedAtMs: number }[]>(rings)) {
    for (const key of ring) key.trustedAtMs -= trustedEverywhereMs
  }
  writeFileSync(kept('secret'), JSON.stringify(rings))
}

describe('the keys of the edge', () => {
  it('are made the first time, and never on a command line', () => {
    const { status, stderr } = keys('create')
    expect(status, stderr).toBe(0)
    expect(existsSync(kept('worker'))).toBe(false)
    expect(keys('deploy').status).toBe(0)
    const { ASSERTION_KEY, CACHE_KEY, CONSISTENCY_KEY } = read('worker')
    const { d, ...publicHalf } = JSON.parse(ASSERTION_KEY)
    expect(read('parameter')).toEqual({ keys: [publicHalf] })
    expect(CACHE_KEY).toMatch(/^[\w-]{43}$/)
    expect(CONSISTENCY_KEY).not.toBe(CACHE_KEY)
    expect(commands.calls.at(-1)).toBe('wrangler deploy --env staging --secrets-file /dev/stdin')
    for (const secret of [d, CACHE_KEY, CONSISTENCY_KEY]) expect(commands.calls.join()).not.toContain(secret)
  })

  it('rotate apart: the assertion key is trusted before it signs, and the others stay', () => {
    keys('create')
    keys('deploy')
    const first = read('worker')
    rmSync(kept('worker'))
    expect(keys('trust', 'assertion').stdout).toContain('within a minute')
    expect(existsSync(kept('worker'))).toBe(false)
    const [old, fresh] = trustedIds()
    expect(keys('use', 'assertion')).toMatchObject({ status: 1, stderr: expect.stringMatching(/wait \d+ s/) })
    wait()
    expect(keys('use', 'assertion').status).toBe(0)
    expect(signingId()).toBe(fresh)
    expect(trustedIds()).toEqual([fresh, old])
    expect(keys('drop', 'assertion').status).toBe(0)
    expect(trustedIds()).toEqual([fresh])
    const { CACHE_KEY, CONSISTENCY_KEY } = read('worker')
    expect({ CACHE_KEY, CONSISTENCY_KEY }).toEqual({
      CACHE_KEY: first.CACHE_KEY,
      CONSISTENCY_KEY: first.CONSISTENCY_KEY,
    })
  })

  it('rotate apart: a new key of URLs is used before the old one, which is still found', () => {
    keys('create')
    keys('deploy')
    const { ASSERTION_KEY, CACHE_KEY: old } = read('worker')
    keys('trust', 'cache')
    const [, fresh] = read('worker').CACHE_KEY.split(',')
    wait()
    keys('use', 'cache')
    expect(read('worker').CACHE_KEY).toBe(`${fresh},${old}`)
    expect(commands.calls.at(-1)).toBe('wrangler versions secret bulk --env staging --message keys')
    keys('drop', 'cache')
    expect(read('worker')).toMatchObject({ ASSERTION_KEY, CACHE_KEY: fresh })
  })

  it('can be sent again after a roll-back that brought old ones back', () => {
    keys('create')
    keys('deploy')
    const sent = read('worker')
    rmSync(kept('worker'))
    expect(keys('send').status).toBe(0)
    expect(read('worker')).toEqual(sent)
  })

  it('are not replaced by a second create', () => {
    keys('create')
    const before = read('secret')
    expect(keys('create')).toMatchObject({ status: 1, stderr: expect.stringContaining('already') })
    expect(read('secret')).toEqual(before)
  })
})
