import { steady } from '../load/arrivals.ts'
import type { Credentials } from '../load/credentials.ts'
import { drive } from '../load/drive.ts'
import type { ClosedJob, LoadReport } from '../load/report.ts'
import { mix, seed } from '../peers/start-subjects.ts'
import type { Subject } from '../peers/start-whole-path.ts'

/** Share of writes in {@link mix}. */
const writeShare = 0.1

export interface Loads {
  readonly ids: readonly string[]
  readonly credentials: Credentials & { readonly kind: 'headers' }
}

export interface Window {
  readonly round: number
  readonly warmupMs: number
  readonly windowMs: number
}

const closedJob = (
  { url, pids }: Subject,
  connections: number,
  { ids, credentials }: Loads,
  { round, warmupMs, windowMs }: Window,
): ClosedJob => ({
  kind: 'closed',
  target: url,
  ...{ ids, seed: seed + round, connections, mix, credentials, warmupMs, windowMs },
  watched: pids,
})

/** Users who send the next request when the last one is answered. */
export const askClosed = (...load: Parameters<typeof closedJob>): Promise<LoadReport> =>
  drive(closedJob(...load))

/** The same, and each request asks for the parts of its time. The report lists the slowest hundredth. */
export const askSlowest = (
  subject: Subject,
  connections: number,
  { ids, credentials }: Loads,
  window: Window,
): Promise<LoadReport> => {
  const sets = credentials.sets.map((set) => ({ ...set, 'spillway-timing': '1' }))
  const asking = { ids, credentials: { ...credentials, sets } }
  return drive({ ...closedJob(subject, connections, asking, window), slowestShare: 0.01 })
}

/** Poisson arrivals, reads and writes apart. Latency counts from the planned time. */
export const askOpen = (
  { url, pids }: Subject,
  perSecond: number,
  { ids, credentials }: Loads,
  { round, warmupMs, windowMs }: Window,
): Promise<LoadReport> =>
  drive({
    kind: 'open',
    target: url,
    ...{ ids, seed: seed + round, warmupMs },
    streams: [
      {
        name: 'reads',
        curve: steady(perSecond * (1 - writeShare), windowMs),
        spacing: 'poisson',
        mix: { read: mix.read ?? 0, list: mix.list ?? 0 },
        credentials,
      },
      {
        name: 'writes',
        curve: steady(perSecond * writeShare, windowMs),
        spacing: 'poisson',
        mix: { plan: 1 },
        credentials,
      },
    ],
    connectionsMax: 1_024,
    timeoutMs: 5_000,
    usefulMs: 1_000,
    watched: pids,
  })
