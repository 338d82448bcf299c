import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, FaultProxy } from '@spillway/origin/dev/fault-proxy'
import type { Drain, FleetOrigin } from './fleet.ts'
import type { FaultKind, PlannedFault } from './plan.ts'
import type { World } from './world.ts'

/** A fault that has happened. Times are epoch milliseconds. */
export interface FaultRecord {
  readonly kind: FaultKind
  /** Process or link that the fault hit, e.g. `member 2`. */
  readonly target: string
  readonly startMs: number
  /** Time at which the cause ended, from which a recovery is counted. For a kill, the time of the kill. */
  readonly endMs: number
}

/** Applies planned faults to a system, and always leaves a majority of the members and one origin alive. */
export class Tormentor {
  readonly records: FaultRecord[] = []
  readonly drains: Drain[] = []
  originKills = 0
  /** Faults that were skipped, because they would have ended all service. */
  skipped = 0
  readonly #world: World
  readonly #now: () => number
  #isMemberBusy = false
  #isOriginBusy = false

  constructor(world: World, now: () => number) {
    this.#world = world
    this.#now = now
  }

  /** Resolves when the fault is over and ended processes run again. */
  inflict({ kind, durationMs, target }: PlannedFault): Promise<void> {
    if (kind === 'step down') return this.#stepDown()
    if (kind.endsWith('primary') || kind.endsWith('secondary'))
      return this.#onMember(kind, durationMs, target)
    if (kind.endsWith('edge link')) return this.#onEdgeLink(kind, durationMs, target)
    return this.#onOrigin(kind, durationMs, target)
  }

  async #stepDown(): Promise<void> {
    const { cluster } = this.#world
    const primary = await cluster.primary()
    if (primary === undefined) return this.#skip()
    const end = this.#begin('step down', `member ${primary}`)
    // The command may be refused (no electable secondary in time), which is a valid outcome.
    await cluster.stepDown(primary).catch(() => {})
    end()
  }

  async #onMember(kind: FaultKind, durationMs: number, target: number): Promise<void> {
    const { cluster } = this.#world
    if (!(await isSoon(() => !this.#isMemberBusy))) return this.#skip()
    // Two faults at once could take the majority away.
    this.#isMemberBusy = true
    try {
      const primary = await cluster.primary()
      if (primary === undefined) return this.#skip()
      const offset = kind.endsWith('primary') ? 0 : 1 + Math.floor(target * (cluster.ports.length - 1))
      const member = (primary + offset) % cluster.ports.length
      const end = this.#begin(kind, `member ${member}`)
      if (kind.startsWith('stall')) {
        cluster.signal(member, 'SIGSTOP')
        await sleep(durationMs)
        cluster.signal(member, 'SIGCONT')
        end()
        return
      }
      if (kind.startsWith('isolate')) {
        await this.#isolateMember(member, durationMs, target < 0.5)
        end()
        return
      }
      end()
      await cluster.end(member, kind.startsWith('kill') ? 'SIGKILL' : 'SIGTERM')
      await sleep(durationMs)
      await cluster.restart(member)
    } finally {
      this.#isMemberBusy = false
    }
  }

  /** Cuts the member off from the other members. Without `alsoFromOrigins`, the origins still reach it. */
  async #isolateMember(member: number, durationMs: number, alsoFromOrigins: boolean): Promise<void> {
    // The casts are safe: each member has a link, and each origin a link to it.
    const { cluster, origins } = this.#world
    const links = [cluster.links[member] as FaultProxy]
    if (alsoFromOrigins) {
      for (const { databaseLinks } of origins) links.push(databaseLinks[member] as FaultProxy)
    }
    await during(links, 'cut', durationMs)
  }

  async #onOrigin(kind: FaultKind, durationMs: number, target: number): Promise<void> {
    const { origins } = this.#world
    const index = Math.floor(target * origins.length)
    // One origin at a time, so that the other one serves.
    if (!(await isSoon(() => !this.#isOriginBusy))) return this.#skip()
    this.#isOriginBusy = true
    try {
      await this.#befall(kind, index, durationMs, target)
    } finally {
      this.#isOriginBusy = false
    }
  }

  async #befall(kind: FaultKind, index: number, durationMs: number, target: number): Promise<void> {
    // The cast is safe: `index` was drawn from the origins.
    const origin = this.#world.origins[index] as FleetOrigin
    const end = this.#begin(kind, `origin ${index}`)
    switch (kind) {
      case 'kill origin':
        this.originKills++
        end()
        await origin.kill()
        await sleep(durationMs)
        await origin.restart()
        return
      case 'drain origin':
        end()
        this.drains.push(await origin.drain())
        await sleep(durationMs)
        await origin.restart()
        return
      case 'stall origin':
        origin.signal('SIGSTOP')
        await sleep(durationMs)
        origin.signal('SIGCONT')
        break
      case 'isolate origin':
        await during(origin.databaseLinks, target % 0.2 < 0.1 ? 'cut' : 'stall', durationMs)
        break
      default:
        await during(origin.databaseLinks, kind === 'mute database links' ? 'mute' : 'reset', durationMs)
    }
    end()
  }

  async #onEdgeLink(kind: FaultKind, durationMs: number, target: number): Promise<void> {
    const links = this.#world.edgeLinks.flatMap((ofEdge, edge) =>
      ofEdge.map((link, origin) => ({ link, name: `edge ${edge} to origin ${origin}` })),
    )
    const chosen = links[Math.floor(target * links.length)]
    if (chosen === undefined) return
    const end = this.#begin(kind, chosen.name)
    // The cast is safe: the first word of these kinds is the fault of the link.
    await during([chosen.link], kind.split(' ')[0] as LinkFault, durationMs)
    end()
  }

  #begin(kind: FaultKind, target: string): () => void {
    const startMs = this.#now()
    const at = this.records.push({ kind, target, startMs, endMs: Number.POSITIVE_INFINITY }) - 1
    return () => {
      this.records[at] = { kind, target, startMs, endMs: this.#now() }
    }
  }

  #skip(): void {
    this.skipped++
  }
}

type LinkFault = Exclude<Fault['kind'], 'pass'>

/** Waits up to 3 s for a condition that a fault needs. @returns `false` if it did not occur */
async function isSoon(isSo: () => boolean): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < 3_000; waitedMs += 20) {
    if (isSo()) return true
    await sleep(20)
  }
  return false
}

async function during(links: readonly FaultProxy[], kind: LinkFault, durationMs: number): Promise<void> {
  await Promise.all(links.map((link) => link.apply({ kind })))
  await sleep(durationMs)
  await Promise.all(links.map((link) => link.apply({ kind: 'pass' })))
}
