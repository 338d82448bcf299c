import { GetSecretValueCommand, ResourceNotFoundException } from '@aws-sdk/client-secrets-manager'
import { program } from '../../runbook/command.ts'
import type { Run } from '../../runbook/run.ts'
import { edgeKeysParameter, keyHolders, keysSecret } from '../../src/key-names.ts'
import { publicKeySet } from '../../src/keys/assertion-key.ts'
import { type KeyRings, ringNames } from '../../src/keys/key-ring.ts'
import { parseRings, secretOf } from '../../src/keys/key-store.ts'
import { type Resource, Waits } from '../resource.ts'
import { parameter } from './parameter.ts'
import { secretsOfWorker } from './worker-secrets.ts'

/** @returns undefined before the stack that has the secret */
export async function readSecret(run: Run, name: string): Promise<string | undefined> {
  try {
    return (await run.aws.secrets.send(new GetSecretValueCommand({ SecretId: name }))).SecretString
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}

async function ringsOf(run: Run): Promise<KeyRings> {
  const held = await Promise.all(keyHolders.map((holder) => readSecret(run, keysSecret(run.stage, holder))))
  return Object.assign({}, ...held.map((text) => parseRings(text ?? '')))
}

const missingIn = (rings: KeyRings) => ringNames.filter((name) => rings[name] === undefined)

/** Keys of edge and origins; `npm run keys` makes them, in its own memory. */
export const edgeKeys: Resource = {
  name: 'keys of edge and origins',
  wanted: () => ({ rings: ringNames }),
  read: async (setup) => {
    const rings = await ringsOf(setup.run)
    const ofWorker = (await secretsOfWorker(setup)) ?? []
    const lost = missingIn(rings).filter((name) => ofWorker.includes(secretOf[name] ?? ''))
    // Origins would trust the new key alone, and refuse all that the Worker sends until it has it.
    if (lost.length > 0)
      throw new Waits(`the Worker has keys that AWS has lost: ${lost.join(', ')}; ${lostKeys}`)
    const found = ringNames.filter((name) => rings[name] !== undefined)
    return found.length === 0 ? undefined : { rings: found }
  },
  make: async ({ run }) => {
    const missing = missingIn(await ringsOf(run))
    return [program(['node', 'infra/bin/keys.ts', 'create', ...missing, '--stage', run.stage])]
  },
}

const lostKeys =
  'if a former version of the secret is there (aws secretsmanager list-secret-version-ids), put it back; if not, npm run keys -- create, then send, and give the new version all traffic at once. Until then the edge answers 502 where nothing is stored'

/** The public halves, by which origins verify the edge. Nothing secret is in them. */
export const publicKeys = parameter(edgeKeysParameter, async ({ run }) => {
  const { assertion } = await ringsOf(run)
  if (assertion === undefined) throw new Waits('the edge has no keys yet')
  return publicKeySet(assertion.map(({ value }) => value))
})
