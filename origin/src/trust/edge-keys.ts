import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'

/**
 * The edge's public keys (RFC 7517). Several are valid at once during a rotation: the new key is added here, then the
 * edge signs with it, then the old key is removed. A key set in a file is read again when the file changes, so no step
 * needs a restart.
 */

/** @throws {Error} that names the fault of the set, and prints none of it */
export function parseEdgeKeys(json: string): JWTVerifyGetKey {
  // The cast is safe: `keys` is checked before use.
  const { keys } = parseObject(json) as { keys?: unknown }
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('the key set has no keys')
  const ids = new Set<string>()
  // The cast is safe: each member is checked before use.
  for (const key of keys as Record<string, unknown>[]) {
    const { kid } = key
    if (typeof kid !== 'string' || kid === '') throw new Error('a key has no kid')
    if (ids.has(kid)) throw new Error(`two keys have the kid '${kid}'`)
    if (key.kty !== 'OKP' || key.crv !== 'Ed25519') throw new Error(`key '${kid}' is not Ed25519`)
    if (key.d !== undefined) {
      throw new Error(`key '${kid}' is a private key: only the edge may have it; give the public one here`)
    }
    ids.add(kid)
  }
  // The cast is safe: each key was checked above, and jose checks its remaining members on use.
  return createLocalJWKSet({ keys } as JSONWebKeySet)
}

/** @param source the JSON text or a `file:` URL */
export async function loadEdgeKeys(source: string): Promise<JWTVerifyGetKey> {
  return parseEdgeKeys(isFile(source) ? await readFile(fileURLToPath(source), 'utf8') : source)
}

/**
 * Reads the keys again when their file changes, and on `reload()`. After a failed read, the last good set stays in use.
 * Does nothing for an inline set.
 */
export function watchEdgeKeys(
  source: string,
  onKeys: (keys: JWTVerifyGetKey) => void,
  onError: (error: Error) => void,
): { reload: () => Promise<void>; stop: () => void } {
  if (!isFile(source)) return { reload: async () => {}, stop: () => {} }
  const reload = () => loadEdgeKeys(source).then(onKeys, onError)
  const path = fileURLToPath(source)
  // Polling by modification time also sees a file that is replaced by renaming, as mounted secrets are.
  watchFile(path, { interval: 2_000, persistent: false }, () => void reload())
  return { reload, stop: () => unwatchFile(path) }
}

const isFile = (source: string): boolean => source.startsWith('file:')

function parseObject(json: string): object {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new Error('the key set is not JSON')
  }
  if (typeof value !== 'object' || value === null) throw new Error('the key set is not a JSON object')
  return value
}
