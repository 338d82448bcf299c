import { randomUUID } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { assertionProfile } from '@spillway/origin/contract'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose'

/** JWS algorithms (RFC 7518, RFC 8037) of development keys. EdDSA uses curve Ed25519. */
export type KeyAlgorithm = 'ES256' | 'EdDSA'

/** A private JSON Web Key (RFC 7517) with an id and an algorithm. */
export interface PrivateJwk extends JWK {
  readonly kid: string
  readonly alg: KeyAlgorithm
}

/** Algorithm of the edge's assertions for the origin. */
export const assertionAlgorithm: KeyAlgorithm = assertionProfile.algorithm

/** A new key; its id is its thumbprint (RFC 7638). */
export async function createKey(algorithm: KeyAlgorithm): Promise<PrivateJwk> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: algorithm, use: 'sig' }
}

/** Reads the key from the file, readable only by this user; creates it on the first call. */
export async function keptKey(file: string, algorithm: KeyAlgorithm): Promise<PrivateJwk> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await createOnce(file, async () => `${JSON.stringify(await createKey(algorithm), null, 2)}\n`)
  await chmod(file, 0o600)
  const key = parseKey(await readFile(file, 'utf8'))
  if (key?.alg !== algorithm || !key.kid || !key.d) {
    throw new Error(`${file} does not hold a private ${algorithm} key: delete it, and a new one is made`)
  }
  return key
}

/** `undefined` if the file is empty, truncated or no JSON. */
function parseKey(text: string): PrivateJwk | undefined {
  try {
    // The cast: the caller checks every member that it uses.
    return (JSON.parse(text) ?? undefined) as PrivateJwk | undefined
  } catch {
    return undefined
  }
}

/** The set (RFC 7517 §5) of the public halves. */
export const publicKeySet = (...keys: readonly PrivateJwk[]): JSONWebKeySet => ({
  keys: keys.map(({ d: _private, ...publicHalf }) => publicHalf),
})

/**
 * Publishes the file by a hard link, which fails if it exists: of two processes that start at once one wins, and nobody
 * reads half a key.
 */
async function createOnce(file: string, content: () => Promise<string>): Promise<void> {
  if (await isReadable(file)) return
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, await content(), { mode: 0o600 })
  try {
    await link(draft, file)
  } catch (error) {
    // The cast is safe: Node throws errors, which may have a code.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
}

const isReadable = (file: string) =>
  readFile(file).then(
    () => true,
    () => false,
  )
