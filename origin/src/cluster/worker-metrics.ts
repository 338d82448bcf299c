import type { Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client'
import type { SupervisorMessage, WorkerMessage, WorkerReport } from './worker-messages.ts'

const reportTimeoutMs = 5_000

/**
 * Aggregates the workers' metrics. Asks only workers that serve: one that is still starting cannot answer, and has
 * nothing to report. (prom-client's own `clusterMetrics` asks all, and fails if one does not answer.)
 */
export class WorkerMetrics {
  readonly #serving = new Set<Worker>()
  readonly #asked = new Map<number, { readonly worker: Worker; resolve(report: WorkerReport): void }>()
  #lastId = 0

  /** Answers scrapes that reach this worker, and includes its counters while it serves. */
  watch(worker: Worker): void {
    worker.once('listening', () => this.#serving.add(worker))
    worker.once('exit', () => {
      this.#serving.delete(worker)
      for (const asked of this.#asked.values()) if (asked.worker === worker) asked.resolve([])
    })
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'gather') void this.#answer(worker, message.id)
      if (message.kind === 'report') this.#asked.get(message.id)?.resolve(message.report)
    })
  }

  async #answer(worker: Worker, id: number): Promise<void> {
    const answer = await this.#gather().then(
      (text): SupervisorMessage => ({ kind: 'gathered', id, text }),
      (): SupervisorMessage => ({ kind: 'notGathered', id }),
    )
    if (worker.isConnected()) worker.send(answer)
  }

  /** @throws {Error} if a serving worker does not answer: a sum without it would look like a restart */
  async #gather(): Promise<string> {
    const reports = await Promise.all([...this.#serving].map((worker) => this.#ask(worker)))
    const sum = AggregatorRegistry.aggregate(
      // The cast is safe: `aggregate` only reads the reports. Its type has a mutable array, and one metric for each
      // worker.
      reports as unknown as MetricObjectWithValues<MetricValue<string>>[],
    )
    return await sum.metrics()
  }

  async #ask(worker: Worker): Promise<WorkerReport> {
    this.#lastId += 1
    const id = this.#lastId
    const { promise: answered, resolve } = Promise.withResolvers<WorkerReport>()
    this.#asked.set(id, { worker, resolve })
    const timeout = new AbortController()
    const tooLate = sleep(reportTimeoutMs, undefined, { ref: false, signal: timeout.signal }).catch(() => {})
    try {
      if (worker.isConnected()) worker.send({ kind: 'askReport', id } satisfies SupervisorMessage)
      const report = await Promise.race([answered, tooLate])
      if (report === undefined) throw new Error('a worker does not tell its metrics')
      return report
    } finally {
      timeout.abort()
      this.#asked.delete(id)
    }
  }
}
