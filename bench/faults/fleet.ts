import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { type FaultProxy, startFaultProxy } from '@spillway/origin/dev/fault-proxy'
import { type Origin, type OriginOptions, startOrigin } from '@spillway/origin/dev/origin-process'
import { freePort } from '@spillway/origin/dev/ports'
import type { Cluster } from './cluster.ts'
import { divertedPortsVariable } from './divert-connections.ts'

/** One origin that can be killed, stopped and restarted at the same address. */
export interface FleetOrigin {
  readonly url: string
  readonly port: number
  /** Its links to the members of the database, in their order. */
  readonly databaseLinks: readonly FaultProxy[]
  readonly isAlive: boolean
  kill(): Promise<void>
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Sends SIGTERM and waits for the end. */
  drain(): Promise<Drain>
  /**
   * Starts the origin again and resolves when it is ready.
   *
   * @param preload module that changes it, such as a bad release; @default none
   */
  restart(preload?: URL): Promise<void>
  stop(): Promise<void>
}

/** Exit of an origin that was told to drain. */
export interface Drain {
  readonly origin: number
  readonly ms: number
  readonly code: number | null
  /** Last lines of its output, if the exit code was not 0. */
  readonly tail?: string
}

const startsMax = 10
/** More than the origin's own limit of a drain. */
const drainTimeoutMs = 30_000

export async function startFleetOrigin(
  index: number,
  cluster: Cluster,
  options: Omit<OriginOptions, 'databaseUri' | 'port'>,
): Promise<FleetOrigin> {
  await using closing = new AsyncDisposableStack()
  const databaseLinks: FaultProxy[] = []
  for (const port of cluster.ports) {
    const link = await startFaultProxy(port)
    closing.defer(() => link.stop())
    databaseLinks.push(link)
  }
  // The cast is safe: there is a link for each member.
  const ports = Object.fromEntries(
    cluster.links.map(({ port }, member) => [port, (databaseLinks[member] as FaultProxy).port]),
  )
  const port = await freePort()
  const diverting = new URL('divert-connections.ts', import.meta.url)
  const start = (...preloads: readonly URL[]) =>
    startOrigin({
      ...options,
      application: 'fixture',
      databaseUri: cluster.uri,
      port,
      env: {
        NODE_OPTIONS: [diverting, ...preloads].map((url) => `--import ${fileURLToPath(url)}`).join(' '),
        [divertedPortsVariable]: JSON.stringify(ports),
      },
    })
  let origin: Origin = await start()
  let isAlive = true
  const links = closing.move()

  return {
    url: origin.url,
    port,
    databaseLinks,
    get isAlive() {
      return isAlive
    },
    async kill() {
      isAlive = false
      origin.child.signal('SIGKILL')
      await origin.child.stop(0)
    },
    signal: (signal) => origin.child.signal(signal),
    async drain() {
      isAlive = false
      const startMs = performance.now()
      const { code } = await origin.child.stop(drainTimeoutMs)
      const ms = performance.now() - startMs
      return { origin: index, ms, code, ...(code !== 0 && { tail: origin.child.tail(10) }) }
    },
    async restart(preload) {
      // An origin that starts without a primary exits, and its supervisor starts it again.
      for (let attempt = 1; !isAlive; attempt++) {
        try {
          origin = await start(...(preload === undefined ? [] : [preload]))
          isAlive = true
        } catch (error) {
          if (attempt === startsMax) throw error
        }
      }
    },
    async stop() {
      if (isAlive) await origin.child.stop(5_000)
      await links.disposeAsync()
    },
  }
}
