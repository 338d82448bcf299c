import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { edgeEnv } from '@spillway/origin/contract'
import type { StageName } from '../config.ts'
import { edgeKeysParameter, edgeKeysSecret } from '../key-names.ts'
import { publicKeySet } from './assertion-key.ts'
import { type KeyRings, type Ring, type RingName, ringNames } from './key-ring.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/** The secret of the Worker that holds a ring. */
const secretOf: Readonly<Record<RingName, string>> = {
  assertion: edgeEnv.assertionKey,
  cache: edgeEnv.cacheKey,
  consistency: edgeEnv.consistencyKey,
}

/**
 * Places of the keys: Secrets Manager has all of them, Parameter Store the public ones for the origins, the Worker's
 * secrets what it uses. Values go through the standard input of `aws` and `wrangler`, never to a disk or into the list
 * of processes.
 */
export class KeyStore {
  readonly #stage: StageName

  constructor(stage: StageName) {
    this.#stage = stage
  }

  /** The keys; none where the secret still has the random text with which the data stack created it. */
  read(): KeyRings {
    const text = run(
      ['aws', 'secretsmanager', 'get-secret-value', '--secret-id', edgeKeysSecret(this.#stage)],
      ['--query', 'SecretString', '--output', 'text'],
    )
    try {
      return JSON.parse(text)
    } catch {
      return {}
    }
  }

  write(rings: KeyRings): void {
    run(
      ['aws', 'secretsmanager', 'put-secret-value', '--secret-id', edgeKeysSecret(this.#stage)],
      ['--secret-string', 'file:///dev/stdin'],
      JSON.stringify(rings),
    )
  }

  /** Publishes the public halves of a ring to the origins. */
  publish(ring: Ring): void {
    run(
      ['aws', 'ssm', 'put-parameter', '--name', edgeKeysParameter(this.#stage), '--type', 'String'],
      ['--overwrite', '--value', 'file:///dev/stdin'],
      publicKeySet(ring.map(({ value }) => value)),
    )
  }

  /**
   * Makes a version of the Worker with the keys, which is not deployed yet. `wrangler secret put` would be refused while
   * the newest version is not the deployed one, for example after a roll-back.
   */
  send(rings: KeyRings): void {
    run(
      ['wrangler', 'versions', 'secret', 'bulk', '--env', this.#stage],
      ['--message', 'keys'],
      secretsOf(rings),
    )
  }

  /** Deploys the Worker for the first time: its required secrets cannot be set before it exists. */
  deployFirst(rings: KeyRings): void {
    run(['wrangler', 'deploy', '--env', this.#stage], ['--secrets-file', '/dev/stdin'], secretsOf(rings))
  }
}

/** The Worker's secrets as JSON: it signs with one assertion key, and takes lists of the others. */
function secretsOf(rings: KeyRings): string {
  const secrets = ringNames.flatMap((name) => {
    const values = (rings[name] ?? []).map(({ value }) => value)
    if (values.length === 0) return []
    return [[secretOf[name], name === 'assertion' ? values[0] : values.join(',')] as const]
  })
  return JSON.stringify(Object.fromEntries(secrets))
}

/** @throws {Error} when the program fails; its own message has gone to this program's standard error */
function run([program = '', ...words]: readonly string[], more: readonly string[], input?: string): string {
  const { status, stdout, error } = spawnSync(program, [...words, ...more], {
    // wrangler reads the configuration of the folder that it is called in.
    cwd: join(root, 'edge'),
    env: { ...process.env, PATH: `${process.env.PATH}:${join(root, 'node_modules', '.bin')}` },
    encoding: 'utf8',
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'inherit'],
    ...(input !== undefined && { input }),
  })
  if (error) throw error
  if (status !== 0) throw new Error(`${program} ${words.slice(0, 6).join(' ')} failed:\n${stdout}`)
  return stdout
}
