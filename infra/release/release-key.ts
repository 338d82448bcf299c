import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NamedStage } from '../src/config.ts'
import { publicKeyOf } from './signature.ts'

/** Public keys of releases by stage, the oldest first: a reviewed file, from which launch templates take them. */
export const trustedKeysFile = join(import.meta.dirname, '..', 'src', 'trusted-keys.json')

type TrustedKeys = Readonly<Record<NamedStage, readonly string[]>>

/** Trusted keys of a stage: the current one and the next. A third would be one that nobody remembers. */
const keysMax = 2

export const readTrustedKeys = (file = trustedKeysFile): TrustedKeys => JSON.parse(readFileSync(file, 'utf8'))

/** Why a key cannot be made or removed now. */
export class ReleaseKeyError extends Error {
  override readonly name = 'ReleaseKeyError'
}

/**
 * Makes a key that signs a stage's releases. Its private half goes into the standard input of a command, which keeps
 * it; it is on no disk and in no list of processes here. The public half is trusted once the command has succeeded.
 *
 * @returns the public half
 * @throws {ReleaseKeyError} when the command fails, or two keys are trusted already
 */
export function makeReleaseKey(stage: NamedStage, into: string, file = trustedKeysFile): string {
  const keys = readTrustedKeys(file)
  if (keys[stage].length >= keysMax)
    throw new ReleaseKeyError(`${stage} trusts ${keysMax} keys: drop the old one first`)
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  // By a pipe: Linux refuses to open the socket that Node gives a child as its standard input by name (/dev/stdin).
  const { status, error } = spawnSync('sh', ['-c', 'cat | sh -c "$0"', into], {
    input: pem,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  if (error !== undefined || status !== 0)
    throw new ReleaseKeyError(`nothing is trusted, since the command ended with ${error?.message ?? status}`)
  const key = publicKeyOf(pem)
  write({ ...keys, [stage]: [...keys[stage], key] }, file)
  return key
}

/**
 * Forgets the older of two keys, after the newer one has signed what runs.
 *
 * @throws {ReleaseKeyError} when there is one key or none
 */
export function dropReleaseKey(stage: NamedStage, file = trustedKeysFile): void {
  const keys = readTrustedKeys(file)
  if (keys[stage].length < keysMax) throw new ReleaseKeyError(`${stage} has no other key: make one first`)
  write({ ...keys, [stage]: keys[stage].slice(1) }, file)
}

function write(keys: TrustedKeys, file: string): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(keys, undefined, 2)}\n`)
  renameSync(`${file}.new`, file)
}
