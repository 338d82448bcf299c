import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { edgeKeysFile, fetchEdgeKeys, folder, writeEdgeKeys } from './runtime-folder.ts'

/**
 * Runs once a minute (spillway-edge-keys.timer), so that a key rotation needs no new instance: the origin reads the
 * file again when it changes. A failure keeps the keys that are there.
 */
const text = fetchEdgeKeys()
if (text !== readFileSync(join(folder, edgeKeysFile), 'utf8')) {
  writeEdgeKeys(text)
  console.log('the public keys of the edge have changed')
}
