import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { stageNames } from '../src/config.ts'
import { newAssertionKey } from '../src/keys/assertion-key.ts'
import {
  created,
  drop,
  type KeyRings,
  KeyStepError,
  type RingName,
  ringNames,
  trust,
  use,
} from '../src/keys/key-ring.ts'
import { KeyStore } from '../src/keys/key-store.ts'

/**
 * `npm run keys -- STEP [RING] --stage STAGE`: creates and rotates the keys of edge and origins (runbooks rotate-edge-keys
 * and rotate-origin-keys, and the first deployment).
 */
const usage = `usage: npm run keys -- STEP --stage ${stageNames.join(' | ')}
  create [RING…]   makes the first key of each ring, and publishes the assertion key's public half to the origins
  deploy           deploys the Worker for the first time, with its keys
  trust RING       makes a new key, which is accepted and not used
  use RING         uses the other key, and still accepts the former one
  drop RING        forgets the key that is not in use
  send             makes a version of the Worker: its newest one, with the present keys
RING is ${ringNames.join(', ')}: of the edge, but purge is its and the origins', and webhook the origins' alone`

const newValue = (name: RingName): string =>
  name === 'assertion' ? newAssertionKey() : randomBytes(32).toString('base64url')

function createRings(rings: KeyRings, names: readonly RingName[]): KeyRings {
  const have = names.filter((name) => rings[name] !== undefined)
  if (have.length > 0) throw new KeyStepError(`there is a key of ${have.join(', ')} already: rotate it`)
  const now = Date.now()
  const made = names.map((name) => [name, created(newValue(name), now)] as const)
  return { ...rings, ...Object.fromEntries(made) }
}

function changed(step: string, rings: KeyRings, names: readonly RingName[]): KeyRings {
  if (step === 'create') return createRings(rings, names.length > 0 ? names : ringNames)
  if (step === 'send' || step === 'deploy') return rings
  const [name] = names
  if (name === undefined || names.length > 1) throw new KeyStepError(usage)
  const ring = rings[name]
  if (step === 'trust') return { ...rings, [name]: trust(ring, newValue(name), Date.now()) }
  if (step === 'use') return { ...rings, [name]: use(ring, Date.now()) }
  if (step === 'drop') return { ...rings, [name]: drop(ring) }
  throw new KeyStepError(usage)
}

/** Ways in which a step reaches those who use the key, and what to do then. */
const ways = {
  made: 'The keys are made: deploy the Worker with them, or send them to the one that exists. Origins have them from their next start.',
  published: 'The origins know within a minute.',
  kept: 'Origins have it from their next start: replace them (runbook refresh-origins).',
  sent: 'The Worker has a new version: its newest one with these keys. It is not deployed yet.',
} as const

function wayOf(step: string, ring: RingName | undefined): keyof typeof ways {
  if (step === 'create') return 'made'
  // The Worker signs with the same key as before.
  if (ring === 'assertion' && step !== 'use') return 'published'
  // The Worker accepts both keys of purges, in any order.
  if (ring === 'webhook' || (ring === 'purge' && step === 'use')) return 'kept'
  return 'sent'
}

const isRing = (name: string): name is RingName => ringNames.some((each) => each === name)

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { stage: { type: 'string' } },
  })
  const stage = stageNames.find((name) => name === values.stage)
  const [step = '', ...names] = positionals
  if (stage === undefined || !names.every(isRing)) throw new KeyStepError(usage)
  const store = new KeyStore(stage)
  const before = await store.read()
  const after = changed(step, before, names)
  // Kept first: a key that is in use and nowhere kept could not be rotated without a loss.
  await store.write(after, before)
  if (after.assertion !== undefined && after.assertion !== before.assertion)
    await store.publish(after.assertion)
  if (step === 'deploy') return store.deployFirst(after)
  const way = wayOf(step, names[0])
  if (way === 'sent') store.send(after)
  console.log(ways[way])
}

try {
  await main()
} catch (error) {
  if (!(error instanceof KeyStepError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
