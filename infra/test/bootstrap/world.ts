import { rm } from 'node:fs/promises'
import { inject } from 'vitest'
import { bootstrap, type Outcome } from '../../bootstrap/bootstrap.ts'
import type { Resource, Setup } from '../../bootstrap/resource.ts'
import { resourcesOf } from '../../bootstrap/resources/index.ts'
import { setupOf } from '../../bootstrap/setup.ts'
import { copyCheckout } from '../../local/checkout-copy.ts'
import { awsClients } from '../../runbook/clients.ts'
import { CloudflareApi } from '../../runbook/cloudflare-api.ts'
import { runProgram } from '../../runbook/perform.ts'
import { Run } from '../../runbook/run.ts'
import type { Mode } from '../../runbook/runner.ts'
import { stages } from '../../src/stages.ts'
import { FakeAccount } from '../fake-aws/account.ts'
import { administratorKey } from '../fake-aws/server.ts'
import { region } from '../fake-aws/template.ts'
import { FakeCloudflare } from '../fake-cloudflare/server.ts'
import { startTlsMongod, type TlsMongod } from '../runbooks/tls-mongod.ts'
import { putOwnSettings, team } from '../support/own-settings.ts'

const administrator = { username: 'spillway_admin', password: 'p4ssw0rd-of-the-administrator' }
export const origin = { username: 'spillway_origin', password: 'p4ssw0rd-of-the-origin' }
const host = 'spillway-production.cluster-x.us-east-1.docdb.amazonaws.com'

/** Token that a person has made for the edge's counts. */
const analyticsToken = 'token-of-the-edge-counts'

export const resources = resourcesOf(stages.production)

/** Two empty clouds, a checkout with a team's names, and a database behind a forwarded port. */
export class EmptyWorld {
  readonly aws: FakeAccount
  readonly cloudflare: FakeCloudflare
  readonly root: string
  readonly mongod: TlsMongod
  /** Lines that the last run has shown. */
  shown: string[] = []
  #nowMs = Date.now()

  private constructor(parts: Pick<EmptyWorld, 'aws' | 'cloudflare' | 'root' | 'mongod'>) {
    this.aws = parts.aws
    this.cloudflare = parts.cloudflare
    this.root = parts.root
    this.mongod = parts.mongod
  }

  static async start(): Promise<EmptyWorld> {
    const [aws, cloudflare, root, mongod] = await Promise.all([
      FakeAccount.start(inject('templates'), 'production', { isEmpty: true }),
      FakeCloudflare.start('spillway-edge-production', []),
      copyCheckout(),
      startTlsMongod(host, administrator.username, administrator.password),
    ])
    await putOwnSettings(root)
    aws.secrets.values.set('spillway/production/database-admin', JSON.stringify(administrator))
    aws.secrets.values.set('spillway/production/database-origin', JSON.stringify(origin))
    aws.certificates.isProven = (name, value) =>
      cloudflare.zone.records.some((record) => record.name === name && record.content === value)
    return new EmptyWorld({ aws, cloudflare, root, mongod })
  }

  /** Makes by the quickest way what programs of the clouds make, then the rest. */
  async bootstrapped(): Promise<void> {
    this.deployStacks()
    // Before there is a Worker, which could sign with keys that are lost.
    await this.run(
      'yes',
      resources.filter(({ name }) => /^(keys|parameter .*jwks)/.test(name)),
    )
    this.cloudflare.upload('first', {
      ASSERTION_KEY: '1',
      CACHE_KEY: '2',
      CONSISTENCY_KEY: '3',
      PURGE_KEY: '4',
    })
    this.cloudflare.domains.add('api.acme.test')
    const outcome = await this.run(
      'yes',
      resources.filter(({ name }) => !/^(keys|parameter .*jwks)/.test(name)),
    )
    if (outcome !== 'whole') throw new Error(this.text)
  }

  deployStacks(): void {
    this.aws.systems.parameters.set('/cdk-bootstrap/hnb659fds/version', '30')
    for (const name of ['network', 'data', 'origin']) this.aws.stacks.deploy(`spillway-production-${name}`)
  }

  async close(): Promise<void> {
    await Promise.all([
      this.aws.close(),
      this.cloudflare.close(),
      this.mongod.stop(),
      rm(this.root, { recursive: true, force: true }),
    ])
  }

  get text(): string {
    return this.shown.join('\n')
  }

  /** Operations that have changed something, of both clouds. */
  get changes(): readonly string[] {
    const aws = this.aws.server.calls.filter(
      ({ operation }) => !/^(Describe|Get|List|Assume)/.test(operation),
    )
    return [...aws.map(({ operation }) => operation), ...this.cloudflare.changes]
  }

  get faults(): readonly string[] {
    return [...this.aws.server.unexpected, ...this.cloudflare.unexpected]
  }

  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...this.aws.server.environment,
      AWS_ACCESS_KEY_ID: administratorKey,
      ...this.cloudflare.environment,
      DATABASE_PORT: String(this.mongod.port),
      DATABASE_CA: this.mongod.authority,
    }
  }

  setup(): Setup {
    const performer = { root: this.root, env: this.env, print: () => {} }
    const runIn = (place: string) =>
      new Run({
        ...{ root: this.root, config: stages.production, region: place, inputs: {}, nowMs: Date.now },
        clients: awsClients(place, {
          endpoint: this.aws.server.url,
          credentials: { accessKeyId: administratorKey, secretAccessKey: 'secret' },
        }),
        cloudflare: new CloudflareApi(this.env),
        ask: (argv, folder) => runProgram(argv, folder, performer),
      })
    return setupOf(runIn(region), { team, inRegion: runIn, analyticsToken })
  }

  run(mode: Mode, which: readonly Resource[] = resources): Promise<Outcome> {
    const shown: string[] = []
    this.shown = shown
    return bootstrap(which, this.setup(), mode, {
      ...{ root: this.root, env: this.env, stop: new AbortController().signal },
      print: (text) => void shown.push(text),
      choose: async () => 'y',
      nowMs: () => this.#nowMs,
      sleep: async (ms) => {
        this.#nowMs += ms
      },
    })
  }
}
