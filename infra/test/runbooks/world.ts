import { execFile } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type ControlEntry, controlSnapshotKey, parseControl } from '@spillway/origin/contract'
import { inject } from 'vitest'
import { canaryOf } from '../../runbook/ask-canary.ts'
import { awsClients } from '../../runbook/clients.ts'
import { CloudflareApi } from '../../runbook/cloudflare-api.ts'
import { runProgram } from '../../runbook/perform.ts'
import { Run } from '../../runbook/run.ts'
import type { Runbook } from '../../runbook/runbook.ts'
import { type Mode, runRunbook } from '../../runbook/runner.ts'
import { keyHolders, keysSecret } from '../../src/key-names.ts'
import { holderOf, originRings, type RingName } from '../../src/keys/key-ring.ts'
import { parseRings } from '../../src/keys/key-store.ts'
import { stages } from '../../src/stages.ts'
import { FakeAccount } from '../fake-aws/account.ts'
import { operatorKey } from '../fake-aws/server.ts'
import { region } from '../fake-aws/template.ts'
import { canaryToken, FakeEdge } from '../fake-cloudflare/edge.ts'
import { FakeCloudflare } from '../fake-cloudflare/server.ts'
import { namespaceOf } from './checkout.ts'

/** Documents that the canary asks for; an application may name none. */
const canary = { version: 'v2', resource: 'trips', body: { title: 'canary' }, patch: { notes: 'changed' } }

export const namespace = namespaceOf('p')

/** Everything that a runbook of production acts on, and a clock that runs when somebody waits. */
export class World {
  readonly aws: FakeAccount
  readonly cloudflare: FakeCloudflare
  readonly edge: FakeEdge
  /** Lines that the last run has shown. */
  shown: string[] = []
  #nowMs = Date.now()
  readonly #env: Record<string, string> = {}

  private constructor(aws: FakeAccount, cloudflare: FakeCloudflare, edge: FakeEdge) {
    this.aws = aws
    this.cloudflare = cloudflare
    this.edge = edge
  }

  static async start(): Promise<World> {
    const aws = await FakeAccount.start(inject('templates'))
    const cloudflare = await FakeCloudflare.start('spillway-edge-production', [namespace])
    const secrets = { ASSERTION_KEY: '1', CACHE_KEY: '2', CONSISTENCY_KEY: '3', PURGE_KEY: '4' }
    const old = cloudflare.upload('0123456789ab edge', secrets)
    cloudflare.deploy([{ version_id: old.id, percentage: 100 }])
    const edge = await FakeEdge.start(cloudflare.worker, () => cloudflare.live)
    return new World(aws, cloudflare, edge)
  }

  async close(): Promise<void> {
    await this.aws.close()
    await this.cloudflare.close()
    await this.edge.close()
  }

  /** Environment of the programs that runbooks start. */
  env(more: Readonly<Record<string, string>>): void {
    Object.assign(this.#env, more)
  }

  /** Start of the name of a release of this checkout. */
  async commit(): Promise<string> {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: this.root })
    return stdout.slice(0, 12)
  }

  /** Secrets Manager has the keys without which no origin starts. */
  haveOriginKeys(): void {
    for (const ring of originRings) {
      const value = JSON.stringify({ [ring]: [{ value: ring.padEnd(43, '0'), trustedAtMs: 0 }] })
      this.aws.secrets.values.set(keysSecret('production', holderOf[ring]), value)
    }
  }

  /** Keys that `npm run keys` keeps, as stored. */
  keys(ring: RingName): readonly string[] {
    const text = this.aws.secrets.values.get(keysSecret('production', holderOf[ring])) ?? ''
    return (parseRings(text)[ring] ?? []).map(({ value }) => value)
  }

  /** Makes the first keys as `npm run keys` does, and gives them to the Worker. */
  async createKeys(): Promise<void> {
    const env = { ...process.env, ...this.aws.server.environment, ...this.cloudflare.environment }
    const keys = (step: string) =>
      promisify(execFile)(process.execPath, ['infra/bin/keys.ts', step, '--stage', 'production'], {
        cwd: this.root,
        env,
      })
    await keys('create')
    await keys('send')
    const [latest] = this.cloudflare.versions.slice(-1)
    if (latest !== undefined) this.cloudflare.deploy([{ version_id: latest.id, percentage: 100 }])
    this.aws.server.calls.length = 0
    this.cloudflare.changes.length = 0
  }

  get root(): string {
    return inject('checkout')
  }

  get control() {
    return this.cloudflare.namespaces.get(namespace) ?? new Map()
  }

  /** Keys that edges read. */
  get published(): readonly ControlEntry[] {
    return parseControl(this.control.get(controlSnapshotKey)?.value ?? null)
  }

  /** Operations that have changed something, of both clouds. */
  get changes(): readonly string[] {
    const aws = this.aws.server.calls.filter(
      ({ operation }) => !/^(Describe|Get|List|Assume)/.test(operation),
    )
    return [...aws.map(({ operation }) => operation), ...this.cloudflare.changes]
  }

  /** Calls that neither cloud expects, or that harm although they are allowed. */
  get faults(): readonly string[] {
    return [
      ...this.aws.server.unexpected,
      ...this.aws.systems.harm,
      ...this.aws.database.harm,
      ...this.cloudflare.unexpected,
    ]
  }

  async run(
    runbook: Runbook,
    inputs: Readonly<Record<string, string>>,
    {
      mode = 'yes',
      stopAfter,
      as = operatorKey,
    }: { readonly mode?: Mode; readonly stopAfter?: number; readonly as?: string } = {},
  ): Promise<boolean> {
    const stop = new AbortController()
    const shown: string[] = []
    this.shown = shown
    const print = (text: string) => {
      shown.push(text)
      if (shown.filter((line) => line.startsWith('   ✓')).length === stopAfter) stop.abort()
    }
    const env = {
      ...process.env,
      ...this.aws.server.environment,
      ...this.cloudflare.environment,
      ...this.#env,
      AWS_ACCESS_KEY_ID: as,
    }
    const performer = { root: this.root, env, print }
    const defaults = Object.entries(runbook.inputs ?? {}).flatMap(([name, input]) => {
      if (input.secretIn === 'CANARY_TOKEN') return [[name, canaryToken]]
      return input.default === undefined ? [] : [[name, input.default]]
    })
    const run = new Run({
      root: this.root,
      config: { ...stages.production, edgeUrl: this.edge.url },
      region,
      clients: awsClients(region, {
        endpoint: this.aws.server.url,
        credentials: { accessKeyId: as, secretAccessKey: 'secret' },
      }),
      cloudflare: new CloudflareApi(env),
      inputs: { ...Object.fromEntries(defaults), ...inputs },
      ask: (argv, folder) => runProgram(argv, folder, { ...performer, print: () => {} }),
      nowMs: Date.now,
      canary: canaryOf(canary),
    })
    return runRunbook(runbook, run, mode, {
      ...performer,
      choose: async () => 'y',
      sleep: async (ms) => {
        this.#pass(ms)
        // Something that is watched goes on meanwhile.
        await setTimeout(20)
      },
      nowMs: () => this.#nowMs,
      stop: stop.signal,
    })
  }

  /** Lets time pass: what has happened is longer ago. */
  #pass(ms: number): void {
    this.#nowMs += ms
    for (const deployment of this.cloudflare.deployments) deployment.createdAtMs -= ms
    const { refreshes } = this.aws.autoscaling.group('spillway-origin-production')
    for (const refresh of refreshes) refresh.startedAtMs -= ms
    for (const name of keyHolders.map((holder) => keysSecret('production', holder))) {
      const text = this.aws.secrets.values.get(name) ?? ''
      if (!text.startsWith('{')) continue
      const rings: Record<string, { trustedAtMs: number; usedAtMs?: number }[]> = JSON.parse(text)
      for (const key of Object.values(rings).flat()) {
        key.trustedAtMs -= ms
        if (key.usedAtMs !== undefined) key.usedAtMs -= ms
      }
      this.aws.secrets.values.set(name, JSON.stringify(rings))
    }
  }
}
