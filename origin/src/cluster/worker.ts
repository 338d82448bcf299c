import type { Origin } from '../process.ts'
import type { SupervisorMessage, WorkerMessage } from './worker-messages.ts'

/** Lets a worker answer a scrape for all workers: it asks the supervisor, which asks each worker. */
export function reportAsWorker({ metrics }: Pick<Origin, 'metrics'>): void {
  const waiting = new Map<number, PromiseWithResolvers<string>>()
  let lastId = 0
  const send = (message: WorkerMessage) => void process.send?.(message)
  process.on('message', async (message: SupervisorMessage) => {
    if (message.kind === 'askReport') {
      send({ kind: 'report', id: message.id, report: await metrics.registry.getMetricsAsJSON() })
      return
    }
    const asked = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.kind === 'gathered') asked?.resolve(message.text)
    if (message.kind === 'notGathered') asked?.reject(new Error('not every worker has answered'))
  })
  metrics.gather = () => {
    const asked = Promise.withResolvers<string>()
    lastId += 1
    waiting.set(lastId, asked)
    send({ kind: 'gather', id: lastId })
    return asked.promise
  }
}
