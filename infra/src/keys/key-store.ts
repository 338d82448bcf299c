import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { edgeEnv } from '@spillway/origin/contract'
import type { StageName } from '../config.ts'
import { edgeKeysParameter, keyHolders, keysSecret } from '../key-names.ts'
import { publicKeySet } from './assertion-key.ts'
import { holderOf, type KeyRings, type Ring, type RingName, ringNames } from './key-ring.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/** The secret of the Worker that has a ring's keys. */
export const secretOf: Readonly<Partial<Record<RingName, string>>> = {
  assertion: edgeEnv.assertionKey,
  cache: edgeEnv.cacheKey,
  consistency: edgeEnv.consistencyKey,
  purge: edgeEnv.purgeKey,
}

/**
 * Places of the keys: Secrets Manager has all of them, Parameter Store the public ones for the origins, the Worker's
 * secrets what it uses. Values go through the standard input of `wrangler`, never to a disk or into the list of
 * processes.
 */
export class KeyStore {
  readonly #stage: StageName
  readonly #secrets = new SecretsManagerClient({})
  readonly #parameters = new SSMClient({})

  constructor(stage: StageName) {
    this.#stage = stage
  }

  /** The keys; none where a secret still has the random text with which the data stack created it. */
  async read(): Promise<KeyRings> {
    const held = await Promise.all(
      keyHolders.map(async (holder) => {
        const SecretId = keysSecret(this.#stage, holder)
        const { SecretString = '' } = await this.#secrets.send(new GetSecretValueCommand({ SecretId }))
        return parseRings(SecretString)
      }),
    )
    return Object.assign({}, ...held)
  }

  /** Writes the secrets that hold a ring which has changed. */
  async write(rings: KeyRings, before: KeyRings): Promise<void> {
    const changed = ringNames.filter((name) => rings[name] !== before[name])
    for (const holder of new Set(changed.map((name) => holderOf[name]))) {
      const own = ringNames.filter((name) => holderOf[name] === holder)
      const SecretString = JSON.stringify(Object.fromEntries(own.map((name) => [name, rings[name]])))
      await this.#secrets.send(
        new PutSecretValueCommand({ SecretId: keysSecret(this.#stage, holder), SecretString }),
      )
    }
  }

  /** Publishes the public halves of a ring to the origins. */
  async publish(ring: Ring): Promise<void> {
    await this.#parameters.send(
      new PutParameterCommand({
        Name: edgeKeysParameter(this.#stage),
        Type: 'String',
        Overwrite: true,
        Value: publicKeySet(ring.map(({ value }) => value)),
      }),
    )
  }

  /**
   * Makes a version of the Worker with the keys, which is not deployed yet. `wrangler secret put` would be refused while
   * the newest version is not the deployed one, for example after a roll-back.
   */
  send(rings: KeyRings): void {
    run(
      ['wrangler', 'versions', 'secret', 'bulk', '--env', this.#stage, '--message', 'keys'],
      secretsOf(rings),
    )
  }

  /**
   * Deploys the Worker for the first time: its required secrets cannot be set before it exists. wrangler opens the file by
   * its name, which Linux refuses for the socket that Node gives a child as its standard input; of a pipe it does not.
   */
  deployFirst(rings: KeyRings): void {
    const line = 'cat | wrangler deploy --env "$0" --secrets-file /dev/stdin'
    run(['sh', '-c', line, this.#stage], secretsOf(rings))
  }
}

/** The rings of a secret; none in the random text with which the data stack creates it. */
export function parseRings(text: string): KeyRings {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** The Worker's secrets as JSON: it signs with one assertion key, and takes lists of the others. */
function secretsOf(rings: KeyRings): string {
  const secrets = ringNames.flatMap((name) => {
    const values = (rings[name] ?? []).map(({ value }) => value)
    const secret = secretOf[name]
    if (values.length === 0 || secret === undefined) return []
    return [[secret, name === 'assertion' ? values[0] : values.join(',')] as const]
  })
  return JSON.stringify(Object.fromEntries(secrets))
}

/** @throws {Error} when the program fails; its own message has gone to this program's standard error */
function run([program = '', ...words]: readonly string[], input: string): void {
  const { status, stdout, error } = spawnSync(program, words, {
    // wrangler reads the configuration of the folder that it is called in.
    cwd: join(root, 'edge'),
    env: { ...process.env, PATH: `${process.env.PATH}:${join(root, 'node_modules', '.bin')}` },
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
    input,
  })
  if (error) throw error
  if (status !== 0) throw new Error(`${program} ${words.slice(0, 6).join(' ')} failed:\n${stdout}`)
}
