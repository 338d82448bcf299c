import { AggregatorRegistry } from 'prom-client'
import type { Origin } from './process.ts'

/** Messages between a supervisor and its workers, beside those of prom-client. */
export type WorkerMessage = { readonly kind: 'gather'; readonly id: number }
export type SupervisorMessage =
  | { readonly kind: 'gathered'; readonly id: number; readonly text: string }
  | { readonly kind: 'notGathered'; readonly id: number }

/** Lets a worker answer a scrape for all workers: whichever is asked asks the supervisor, who asks everyone. */
export function reportAsWorker({ metrics }: Pick<Origin, 'metrics'>): void {
  AggregatorRegistry.setRegistries([metrics.registry])
  // Its constructor is what makes this process answer the supervisor's questions.
  new AggregatorRegistry()
  const waiting = new Map<number, PromiseWithResolvers<string>>()
  let lastId = 0
  process.on('message', (message: SupervisorMessage) => {
    const asked = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.kind === 'gathered') asked?.resolve(message.text)
    if (message.kind === 'notGathered') asked?.reject(new Error('not every worker has answered'))
  })
  metrics.gather = () => {
    const asked = Promise.withResolvers<string>()
    lastId += 1
    waiting.set(lastId, asked)
    process.send?.({ kind: 'gather', id: lastId } satisfies WorkerMessage)
    return asked.promise
  }
}
