import type { StageConfig } from '../src/config.ts'
import type { Canary } from './ask-canary.ts'
import type { Clients } from './clients.ts'
import type { CloudflareApi } from './cloudflare-api.ts'

export interface RunOptions {
  /** Root of the checkout. */
  readonly root: string
  readonly config: StageConfig
  readonly region: string
  readonly clients: Clients
  readonly cloudflare: CloudflareApi
  readonly inputs: Readonly<Record<string, string>>
  /** Runs a program that changes nothing, in a folder below the checkout, and returns what it prints. */
  readonly ask: (argv: readonly [string, ...string[]], folder?: string) => Promise<string>
  readonly nowMs: () => number
  /** @default the application names none */
  readonly canary?: Canary | undefined
}

/**
 * Values that the steps of one run share: the stage, its names, the person's inputs, and facts that steps have found
 * out.
 */
export class Run {
  readonly root: string
  readonly config: StageConfig
  readonly stage: string
  readonly region: string
  readonly aws: Clients
  readonly cloudflare: CloudflareApi
  readonly ask: RunOptions['ask']
  readonly nowMs: () => number
  readonly canary: Canary | undefined
  /** Name of the origins' group. */
  readonly group: string
  readonly cluster: string
  readonly #inputs: Readonly<Record<string, string>>
  readonly #facts = new Map<string, string>()
  /** Facts that were asked for and are not known yet: a plan shows commands of steps that depend on earlier ones. */
  readonly unknown = new Set<string>()

  constructor({ root, config, region, clients, cloudflare, inputs, ask, nowMs, canary }: RunOptions) {
    this.root = root
    this.config = config
    this.stage = config.stage
    this.region = region
    this.aws = clients
    this.cloudflare = cloudflare
    this.ask = ask
    this.nowMs = nowMs
    this.canary = canary
    this.group = `spillway-origin-${config.stage}`
    this.cluster = `spillway-${config.stage}`
    this.#inputs = inputs
  }

  /** @throws {Error} for an input that the runbook does not declare */
  input(name: string): string {
    const value = this.#inputs[name]
    if (value === undefined) throw new Error(`the runbook declares no input ${name}`)
    return value
  }

  set(fact: string, value: string): void {
    this.#facts.set(fact, value)
  }

  knows(fact: string): boolean {
    return this.#facts.has(fact)
  }

  /** A fact that a step or the look has set; in a plan, a sign for one that is not known yet. */
  fact(name: string): string {
    const value = this.#facts.get(name)
    if (value !== undefined) return value
    this.unknown.add(name)
    return `‹${name}›`
  }
}
