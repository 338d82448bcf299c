import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type ProblemCode, type Slo, type SloCounts, SloTotals, sloOf } from '@spillway/origin/contract'
import { type Metric, Registry } from 'prom-client'
import type { Totals } from '../deliveries/delivery-totals.ts'
import type { Target } from '../http/request.ts'
import { getOrMake } from '../lib/get-or-make.ts'
import type { AdmissionSnapshot } from '../overload/admission-control.ts'
import type { Misfit } from '../store/codec/layouts.ts'
import type { PoolObservation } from '../store/pool.ts'
import type { Records } from '../store/records.ts'
import { DurationHistogram } from './duration-histogram.ts'
import { type Work, WorkTotals } from './work-totals.ts'

interface MetricMeta {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly help: string
  /** Rule by which the values of several processes are combined. */
  readonly aggregator: 'sum' | 'max'
}

/** Values that are read at each scrape, and only then. */
export interface MetricSources {
  readonly admission: () => AdmissionSnapshot
  readonly pool: () => { readonly size: number; readonly open: number; readonly inUse: number }
  /** Commands that exceeded their deadline, since the start. */
  readonly commandsGivenUp: () => number
  readonly lanes: () => ReturnType<Records['counts']>
  /** Number of indexes that are declared and not built yet. @default 0 */
  readonly unreadyIndexes?: () => number
  /** Stored values that were left out of answers, by kind. @default none */
  readonly misfits?: () => Iterable<Misfit & { readonly count: number }>
  /** Work on events. @default none */
  readonly events?: () => { readonly lagMs: () => number; readonly moved: () => number }
  /** Deliveries to handlers of events and webhooks. @default none */
  readonly deliveries?: () => Iterable<readonly [subscriber: string, totals: Readonly<Totals>]>
  /** Cache tags that the edge is still to purge; `undefined` where none are sent. @default none are */
  readonly purgesWaiting?: () => number | undefined
  readonly isDraining: () => boolean
  /** @default the objectives of an application that states none */
  readonly slo?: Slo
}

type Labels = Record<string, string | number>
interface Sample {
  readonly value: number
  readonly labels: Labels
  readonly metricName?: string
}

/** All metrics for Prometheus. Requests update plain numbers; the text is produced when it is scraped. */
export class Metrics {
  readonly registry = new Registry()
  /** Work of exports, expanded references and named queries, which their handlers report. */
  readonly work = new WorkTotals()
  /** Answers as the objectives judge them, which the last stage counts. */
  readonly slo: SloTotals
  /** Readers of change feeds who wait or are sent a stream. */
  feedReaders: () => number = () => 0
  /** @returns the metrics text; of all processes, if there are several */
  gather: () => Promise<string> = () => this.registry.metrics()
  readonly #answers = new Map<Target, Map<number, DurationHistogram>>()
  readonly #problems = new Map<ProblemCode, number>()
  readonly #poolWait = new DurationHistogram()
  /** Since the previous scrape. */
  readonly #recentPoolWait = new DurationHistogram()
  /** Durations of answers, of all routes, since the previous scrape. */
  readonly #recentAnswers = new DurationHistogram()
  readonly #poolEvents = { opened: 0, closed: 0, cleared: 0, checkOutFailed: 0 }
  readonly #eventLoopDelay = monitorEventLoopDelay({ resolution: 20 })

  constructor(sources: MetricSources) {
    this.slo = new SloTotals(sources.slo ?? sloOf())
    this.#eventLoopDelay.enable()
    this.#defineSlo()
    this.#defineRequests()
    this.#defineProblems()
    this.#defineAdmission(sources)
    this.#definePool(sources)
    this.#defineLanes(sources)
    this.#defineWork()
    this.#defineEvents(sources)
    this.#defineDeliveries(sources)
    this.#defineProcess(sources)
  }

  /** @param problem code of the problem that was sent as the answer, if any */
  onAnswer(target: Target, status: number, durationMs: number, problem?: ProblemCode): void {
    if (problem !== undefined) this.#problems.set(problem, (this.#problems.get(problem) ?? 0) + 1)
    const byClass = getOrMake(this.#answers, target, () => new Map<number, DurationHistogram>())
    const histogram = getOrMake(byClass, Math.floor(status / 100), () => new DurationHistogram())
    histogram.observe(durationMs)
    this.#recentAnswers.observe(durationMs)
  }

  onPool(observation: PoolObservation): void {
    // Includes waits that failed: without them an exhausted pool would show no wait at all.
    if (observation.kind === 'checkedOut' || observation.kind === 'checkOutFailed') {
      this.#poolWait.observe(observation.waitMs)
      this.#recentPoolWait.observe(observation.waitMs)
    }
    if (observation.kind !== 'checkedOut') this.#poolEvents[observation.kind] += 1
  }

  async scrape(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.registry.contentType, text: await this.gather() }
  }

  stop(): void {
    this.#eventLoopDelay.disable()
  }

  #defineRequests(): void {
    const name = 'origin_request_duration_seconds'
    this.#define(
      'histogram',
      name,
      'Time from the end of the request headers until the answer is ready.',
      () =>
        [...this.#answers].flatMap(([{ route, operation }, byClass]) =>
          [...byClass].flatMap(([statusClass, histogram]) =>
            histogramSamples(name, histogram, { route, operation, status: `${statusClass}xx` }),
          ),
        ),
    )
    // A gauge beside the histogram, as for the waits: two releases that serve side by side are compared by it.
    this.#defineMaximum(
      'origin_request_duration_p99_seconds',
      'p99 of the same since the previous scrape, as a bound of the histogram.',
      () => takeP99(this.#recentAnswers),
    )
  }

  /** Counts problems by code: a 503 alone may be shed load, a lost primary or an unknown outcome. */
  #defineProblems(): void {
    this.#define('counter', 'origin_problems_total', 'Answers that are problems, by code.', () =>
      Array.from(this.#problems, ([code, value]) => ({ value, labels: { code } })),
    )
  }

  #defineSlo(): void {
    const counter = (name: keyof SloCounts, help: string) =>
      this.#define('counter', `origin_slo_${name}_total`, help, () =>
        Object.entries(this.slo.counts).map(([priority, counts]) => ({
          value: counts[name],
          labels: { priority },
        })),
      )
    counter('answers', 'Answers to the edge, by priority.')
    counter('failed', 'Answers with a status of 500 or more, refusals under overload included.')
    counter('timed', 'Answers that the objective of latency is for.')
    counter('slow', 'Those that took longer than the objective of their priority allows.')
  }

  #defineAdmission({ admission }: MetricSources): void {
    const gauge = (name: string, help: string, read: (snapshot: AdmissionSnapshot) => number) =>
      this.#define('gauge', name, help, () => [{ value: read(admission()), labels: {} }])
    gauge('origin_admission_limit', 'Concurrency limit of requests.', ({ limit }) => limit)
    gauge('origin_admission_inflight', 'Requests in service.', ({ inflight }) => inflight)
    gauge('origin_admission_waiting', 'Requests in the queue.', ({ waiting }) => waiting)
    gauge('origin_admission_queue_standing', '1 while the queue does not empty.', ({ isStanding }) =>
      Number(isStanding),
    )
    this.#define('counter', 'origin_admission_admitted_total', 'Requests admitted, by priority.', () =>
      Object.entries(admission().admitted).map(([priority, value]) => ({ value, labels: { priority } })),
    )
    this.#define('counter', 'origin_admission_shed_total', 'Requests refused, by priority and reason.', () =>
      Object.entries(admission().shed).flatMap(([priority, reasons]) =>
        Object.entries(reasons).map(([reason, value]) => ({ value, labels: { priority, reason } })),
      ),
    )
    this.#define('counter', 'origin_admission_abandoned_total', 'Callers who left the queue.', () => [
      { value: admission().abandoned, labels: {} },
    ])
    this.#define('counter', 'origin_admission_ended_total', 'How admitted requests ended.', () =>
      Object.entries(admission().ended).map(([end, value]) => ({ value, labels: { end } })),
    )
  }

  #definePool({ pool, commandsGivenUp }: MetricSources): void {
    this.#define(
      'gauge',
      'origin_pool_connections',
      'Connections to one server: size of the pool, and open and in use to the server that has most.',
      () => Object.entries(pool()).map(([state, value]) => ({ value, labels: { state } })),
    )
    const name = 'origin_pool_wait_seconds'
    this.#define(
      'histogram',
      name,
      'Time that commands waited for a connection, including failed waits.',
      () => histogramSamples(name, this.#poolWait, {}),
    )
    // A gauge beside the histogram, for collectors without histograms, which scale on it.
    this.#defineMaximum(
      'origin_pool_wait_p99_seconds',
      'p99 of the waits for a connection since the previous scrape, as a bound of the histogram.',
      () => takeP99(this.#recentPoolWait),
    )
    this.#define(
      'counter',
      'origin_commands_given_up_total',
      'Commands that exceeded their deadline.',
      () => [{ value: commandsGivenUp(), labels: {} }],
    )
    this.#define('counter', 'origin_pool_events_total', 'Events of pool connections, by kind.', () =>
      Object.entries(this.#poolEvents).map(([event, value]) => ({ value, labels: { event } })),
    )
  }

  /** Items divided by batches is the mean batch size. */
  #defineLanes({ lanes }: MetricSources): void {
    const counter = (
      name: string,
      help: string,
      read: (lane: ReturnType<typeof lanes> extends Iterable<infer Lane> ? Lane : never) => number,
      type: 'counter' | 'gauge' = 'counter',
    ) =>
      this.#define(type, name, help, () =>
        Array.from(lanes(), (lane) => ({
          value: read(lane),
          labels: { collection: lane.collection, lane: lane.lane },
        })),
      )
    counter('origin_batches_total', 'Commands sent for joined work.', ({ counts }) => counts.batches)
    counter('origin_batch_items_total', 'Items in those commands.', ({ counts }) => counts.items)
    counter('origin_batch_callers_total', 'Callers accepted into batches.', ({ counts }) => counts.callers)
    counter('origin_batch_joined_total', "Callers who shared another's item.", ({ counts }) => counts.joined)
    counter('origin_batch_waiting', 'Callers who wait for a batch.', ({ waiting }) => waiting, 'gauge')
    this.#define('counter', 'origin_batch_refused_total', 'Callers refused, by reason.', () =>
      Array.from(lanes()).flatMap(({ collection, lane, counts }) =>
        Object.entries(counts.refused).map(([reason, value]) => ({
          value,
          labels: { collection, lane, reason },
        })),
      ),
    )
  }

  /** Totals divided by `origin_work_answers_total` are means; an export adds to them page by page. */
  #defineWork(): void {
    const counter = (name: string, help: string, read: (work: Required<Work>) => number) =>
      this.#define('counter', name, help, () =>
        this.work.totals().map(({ kind, route, work }) => ({ value: read(work), labels: { kind, route } })),
      )
    counter(
      'origin_work_answers_total',
      'Exports, expanded answers and named queries, by route.',
      ({ answers }) => answers,
    )
    counter('origin_work_rows_total', 'Documents that were read for them.', ({ rows }) => rows)
    counter('origin_work_bytes_total', 'Bytes of text made of these documents.', ({ bytes }) => bytes)
    counter(
      'origin_work_seconds_total',
      'Time that exports, look-ups of references and handlers of queries took.',
      ({ durationMs }) => durationMs / 1_000,
    )
    this.#define('counter', 'origin_exports_total', 'Exports that have ended, by route and end.', () =>
      this.work.ends().map(({ route, end, count }) => ({ value: count, labels: { route, end } })),
    )
    this.#define('gauge', 'origin_exports_running', 'Exports that are under way.', () => [
      { value: this.work.exportsRunning, labels: {} },
    ])
    this.#define('gauge', 'origin_feed_readers', 'Readers who wait for changes or are sent a stream.', () => [
      { value: this.feedReaders(), labels: {} },
    ])
  }

  #defineEvents({ events }: MetricSources): void {
    if (events === undefined) return
    this.#defineMaximum(
      'origin_events_lag_seconds',
      'Age of the oldest write whose event is not in the log of changes.',
      () => events().lagMs() / 1_000,
    )
    this.#define('counter', 'origin_events_logged_total', 'Events appended to the log of changes.', () => [
      { value: events().moved(), labels: {} },
    ])
  }

  #defineDeliveries({ deliveries = () => [], purgesWaiting = () => undefined }: MetricSources): void {
    const outcomes = ['delivered', 'failed', 'dead'] as const
    this.#define('counter', 'origin_deliveries_total', 'Attempts to deliver events, by outcome.', () =>
      [...deliveries()].flatMap(([subscriber, totals]) =>
        outcomes.map((outcome) => ({ value: totals[outcome], labels: { subscriber, outcome } })),
      ),
    )
    this.#define('gauge', 'origin_deliveries_waiting', 'Events that wait for another attempt.', () =>
      [...deliveries()].map(([subscriber, { waiting }]) => ({ value: waiting, labels: { subscriber } })),
    )
    this.#define('gauge', 'origin_purges_waiting', 'Cache tags that the edge is still to purge.', () => [
      { value: purgesWaiting() ?? 0, labels: {} },
    ])
  }

  #defineProcess({ isDraining, unreadyIndexes = () => 0, misfits = () => [] }: MetricSources): void {
    const define = (name: string, help: string, read: () => number) =>
      this.#define('gauge', name, help, () => [{ value: read(), labels: {} }])
    define('origin_draining', 'Processes that are stopping.', () => Number(isDraining()))
    define('origin_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
    this.#define('counter', 'origin_cpu_seconds_total', 'Processor time used.', () => {
      const { user, system } = process.cpuUsage()
      return [{ value: (user + system) / 1e6, labels: {} }]
    })
    const delay = 'origin_event_loop_delay_p99_seconds'
    this.#define('counter', 'origin_misfits_total', 'Stored values left out because they do not fit.', () =>
      [...misfits()].map(({ resource, path, type, count }) => ({
        value: count,
        labels: { resource, field: path, type },
      })),
    )
    this.#defineMaximum('origin_indexes_unready', 'Declared indexes that are not built yet.', unreadyIndexes)
    this.#defineMaximum(delay, 'Event loop delay since the last scrape.', () => this.#readDelay())
  }

  #readDelay(): number {
    const seconds = this.#eventLoopDelay.percentile(99) / 1e9
    this.#eventLoopDelay.reset()
    return Number.isFinite(seconds) ? seconds : 0
  }

  #define(type: MetricMeta['type'], name: string, help: string, read: () => readonly Sample[]): void {
    this.#register({ type, name, help, aggregator: 'sum' }, read)
  }

  /** Defines a gauge whose value is the maximum over all processes. */
  #defineMaximum(name: string, help: string, read: () => number): void {
    const meta = { type: 'gauge', name, help, aggregator: 'max' } as const
    this.#register(meta, () => [{ value: read(), labels: {} }])
  }

  #register({ name, help, type, aggregator }: MetricMeta, read: () => readonly Sample[]): void {
    const metric = { name, help, type, aggregator, get: async () => ({ ...metric, values: read() }) }
    // The cast is safe: the registry calls only `name`, `type`, `aggregator` and `get`, all of which this object has.
    this.registry.registerMetric(metric as unknown as Metric)
  }
}

/** p99 in seconds, from which on the histogram is empty again. */
function takeP99(recent: DurationHistogram): number {
  const seconds = recent.quantileSeconds(0.99)
  recent.reset()
  return seconds
}

function histogramSamples(name: string, histogram: DurationHistogram, labels: Labels): Sample[] {
  const buckets = histogram.cumulative()
  return [
    ...buckets.map(({ bound, count }) => ({
      metricName: `${name}_bucket`,
      value: count,
      labels: { ...labels, le: bound },
    })),
    { metricName: `${name}_sum`, value: histogram.sumSeconds, labels },
    { metricName: `${name}_count`, value: buckets.at(-1)?.count ?? 0, labels },
  ]
}
