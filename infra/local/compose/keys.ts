/** Program of compose.yaml: makes the edge's key, and writes it and its public half into KEYS_FOLDER, once. */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assertionAlgorithm, keptKey, publicKeySet } from '@spillway/edge/dev/keys'

const folder = process.env.KEYS_FOLDER
if (folder === undefined) throw new Error('KEYS_FOLDER names the folder for the keys')
await mkdir(folder, { recursive: true })
const file = join(folder, 'edge-assertion.json')
const key = await keptKey(file, assertionAlgorithm)
// The volume is shared by containers whose users differ from this one's.
await chmod(file, 0o644)
await writeFile(join(folder, 'edge-assertion-jwks.json'), JSON.stringify(publicKeySet(key)))
