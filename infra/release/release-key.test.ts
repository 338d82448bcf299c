import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkStage } from '../src/config.ts'
import { stages } from '../src/stages.ts'
import { dropReleaseKey, makeReleaseKey, readTrustedKeys, trustedKeysFile } from './release-key.ts'
import { isSigned, signerOf } from './signature.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-release-key-'))
  file = join(folder, 'trusted-keys.json')
  copyFileSync(trustedKeysFile, file)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const trusted = () => readTrustedKeys(file).production

it('gives the private half to the command alone, and trusts what it signs', () => {
  const command = `tr '\\0' '\\n' < /proc/$PPID/cmdline > ${at('words')}; cat /dev/stdin > ${at('kept')}`
  const key = makeReleaseKey('production', command, file)
  const pem = readFileSync(at('kept'), 'utf8')
  const release = `0123456789ab-${'c'.repeat(64)}`
  const signature = signerOf({ RELEASE_SIGNING_KEY: pem })?.(release) ?? Buffer.alloc(0)
  expect(trusted()).toEqual([key])
  expect(isSigned(release, signature, trusted())).toBe(true)
  expect(checkStage({ ...stages.production, releaseKeys: trusted() })).toEqual([])
  const secret = pem.split('\n')[1] ?? ''
  expect(secret.length).toBeGreaterThan(40)
  for (const text of [readFileSync(at('words'), 'utf8'), readFileSync(file, 'utf8')])
    expect(text).not.toContain(secret)
})

it('trusts nothing when the command fails, as a key that is nowhere kept signs nothing', () => {
  expect(() => makeReleaseKey('production', 'cat > /dev/null; exit 3', file)).toThrow('ended with 3')
  expect(trusted()).toEqual([])
})

it('is replaced by a second one, and the first is dropped', () => {
  const [one, two] = [1, 2].map(() => makeReleaseKey('production', 'cat > /dev/null', file))
  expect(trusted()).toEqual([one, two])
  expect(() => makeReleaseKey('production', 'cat > /dev/null', file)).toThrow('drop the old one first')
  dropReleaseKey('production', file)
  expect(trusted()).toEqual([two])
  expect(() => dropReleaseKey('production', file)).toThrow('no other key')
})
