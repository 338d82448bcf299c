/** Load by users, and the work of serving it. Every figure is an assumption that a flag can change. */
export interface Workload {
  /** People who use the application in the same minute, in the busiest hour of a day. */
  readonly users: number
  /** Requests per user and second. */
  readonly requestsPerUserSecond: number
  /** Busiest minute divided by the monthly average. */
  readonly peakToAverage: number
  /** Share of requests that read. */
  readonly readShare: number
  /** Share of reads that the edge answers without the origin. */
  readonly hitRatio: number
  /** Size of an answer with its headers, bytes. */
  readonly answerBytes: number
  readonly storedGb: number
  /** Isolates of the Worker in use at the same time, world-wide. Not known before a deployment; read it from its metrics. */
  readonly isolates: number
}

export const defaultWorkload: Workload = {
  users: 100_000,
  requestsPerUserSecond: 0.1,
  peakToAverage: 4,
  readShare: 0.95,
  hitRatio: 0.9,
  answerBytes: 1_500,
  storedGb: 200,
  isolates: 500,
}

/** Measured where possible, on a machine with two cores (`bench/results`); otherwise assumed. */
export const service = {
  /** CPU time of the Worker per request, ms, as it is billed. */
  edgeCpuMs: 0.5,
  /** Interval at which an isolate in use polls the control namespace, seconds (edge/src/auth/control-source.ts). */
  controlPollSeconds: 15,
  /** Share of the answers from the cache that become a point in Analytics Engine (edge/src/observe). */
  analyticsShareOfHits: 1 / 20,
  /** Daily snapshots that are kept, in each of two regions; taken as full copies, since AWS does not say otherwise. */
  snapshots: 35,
  snapshotRegions: 2,
  /** Flow records of an instance each minute: one per connection and direction that had traffic. Assumed. */
  flowRecordsPerMinute: 400,
  /** A record of the default format, as CloudWatch bills it: its text and 26 bytes. */
  flowRecordBytes: 150,
  /** Lines that the agent writes of each scrape of an origin's metrics, every 15 s, and their size. Assumed. */
  metricLinesPerScrape: 40,
  metricLineBytes: 400,
  /** Share of traffic that crosses zones where each of three has an instance of both sides, without affinity. */
  crossZoneShare: 2 / 3,
  /** Share of requests that either design logs. */
  logShare: 0.01,
  logBytes: 500,
  /** CPU of the database per batched lookup or write, ms. */
  joinedDatabaseCpuMs: 0.08,
  /** The same for a single `findOne` or `insertOne`. */
  plainDatabaseCpuMs: 0.35,
  /** Utilization of the database's processors at peak. */
  databaseUtilization: 0.5,
  /** Storage I/Os: a read sometimes misses the buffer cache, a write always reaches the log. */
  iosPerRead: 0.05,
  iosPerWrite: 2,
  lambdaMemoryGb: 0.5,
  /** A warm function: token check, one database call, answer. */
  lambdaMs: 25,
} as const

export interface Traffic {
  readonly requestsPerMonth: number
  readonly peakPerSecond: number
  readonly reads: number
  readonly writes: number
  /** Requests that reach the origin. */
  readonly originRequests: number
  readonly originPeakPerSecond: number
  readonly originAveragePerSecond: number
}

export const secondsPerMonth = 730 * 3_600

export function trafficOf(workload: Workload): Traffic {
  const { users, requestsPerUserSecond, peakToAverage, readShare, hitRatio } = workload
  const peakPerSecond = users * requestsPerUserSecond
  const averagePerSecond = peakPerSecond / peakToAverage
  const requestsPerMonth = averagePerSecond * secondsPerMonth
  const missShare = readShare * (1 - hitRatio) + (1 - readShare)
  return {
    requestsPerMonth,
    peakPerSecond,
    reads: requestsPerMonth * readShare,
    writes: requestsPerMonth * (1 - readShare),
    originRequests: requestsPerMonth * missShare,
    originPeakPerSecond: peakPerSecond * missShare,
    originAveragePerSecond: averagePerSecond * missShare,
  }
}
