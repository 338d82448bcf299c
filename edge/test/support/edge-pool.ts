import { type Edge, type EdgeOptions, startTestEdges } from './edge.ts'

/** Workers that nobody has used. */
export interface EdgePool<Options extends EdgeOptions> {
  /** An unused Worker, with the options that it was started with. */
  take(): Promise<{ readonly edge: Omit<Edge, 'stop'>; readonly options: Options }>
  stop(): Promise<void>
}

const together = 8

/**
 * Workers for tests that must not see each other's breakers, limits and memory. Several are started in one workerd,
 * when the first of them is taken.
 */
export function edgePool<Options extends EdgeOptions>(
  makeOptions: () => Promise<Options>,
): EdgePool<Options> {
  const unused: Awaited<ReturnType<EdgePool<Options>['take']>>[] = []
  const stops: (() => Promise<void>)[] = []
  return {
    async take() {
      if (unused.length === 0) {
        const all = await Promise.all(Array.from({ length: together }, makeOptions))
        const { edges, stop } = await startTestEdges(all)
        stops.push(stop)
        for (const [index, edge] of edges.entries()) unused.push({ edge, options: all[index] as Options })
      }
      // The cast is safe: the list was just filled.
      return unused.pop() as (typeof unused)[number]
    },
    async stop() {
      await Promise.all(stops.map((stop) => stop()))
    },
  }
}
