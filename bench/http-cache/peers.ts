import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import caches from 'http-cache-tests/results/index.mjs'
import type { Results } from './score.ts'

export interface Peer {
  readonly name: string
  readonly version: string
  readonly results: Results
}

/** Every cache whose results the suite ships, browsers included: scored by the same tests as ours. */
export const peers: readonly Peer[] = caches.map(({ file, name, version }) => ({
  name,
  version,
  results: JSON.parse(
    readFileSync(fileURLToPath(import.meta.resolve(`http-cache-tests/results/${file}`)), 'utf8'),
  ),
}))
