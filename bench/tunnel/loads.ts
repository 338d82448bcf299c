import { steady } from '../load/arrivals.ts'
import { drive } from '../load/drive.ts'
import type { LoadReport } from '../load/report.ts'
import type { Mix } from '../load/workload.ts'
import type { Path } from './path.ts'

export interface Times {
  readonly warmupMs: number
  readonly windowMs: number
}

const seed = 20_261_130

/** Members of every load on the path: CPU time of the driver itself is in its report. */
const common = ({ connector, ids, rest, url }: Path) => ({
  target: url,
  ids,
  seed,
  watched: { connector: [connector], rest },
})

/** Requests at a rate that leaves every tier idle for a part of the time. */
export const offerLow = (path: Path, mix: Mix, perSecond: number, times: Times): Promise<LoadReport> =>
  drive({
    ...common(path),
    kind: 'open',
    warmupMs: times.warmupMs,
    streams: [
      {
        name: 'low',
        curve: steady(perSecond, times.windowMs),
        spacing: 'poisson',
        mix,
        credentials: path.origin.credentials,
      },
    ],
    connectionsMax: 64,
    timeoutMs: 5_000,
    usefulMs: 1_000,
  })

export interface Crowd {
  readonly mix: Mix
  readonly connections: number
  /** Called when the measurement begins. */
  readonly onWindow?: () => void
}

/** As many requests as the path carries: each user asks again as soon as there is an answer. */
export const saturate = (
  path: Path,
  { connections, mix, onWindow }: Crowd,
  times: Times,
): Promise<LoadReport> =>
  drive(
    {
      ...common(path),
      ...times,
      kind: 'closed',
      connections,
      mix,
      credentials: path.origin.credentials,
    },
    onWindow === undefined ? {} : { onWindow },
  )

/** Time of a lone request at the origin itself, ms. */
export async function loneMs(path: Path, mix: Mix, times: Times): Promise<number> {
  const report = await saturate({ ...path, url: path.origin.url }, { mix, connections: 1 }, times)
  return report.total.latency.p50
}
