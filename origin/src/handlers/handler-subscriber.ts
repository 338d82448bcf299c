import type { SystemWork } from '../background/system-work.ts'
import type { Subscriber } from '../deliveries/subscriber.ts'
import { answerMs, inTime, late } from '../lib/in-time.ts'
import type { Change } from '../store/change-log.ts'
import type { EventHandler, HandledEvent } from './on.ts'

const [secondMs, minuteMs, hourMs] = [1_000, 60_000, 3_600_000]

/** Times between the attempts of a handler, in ms: ten attempts in about 21 hours. */
export const handlerDelaysMs: readonly number[] = [
  ...[secondMs, 5 * secondMs, 30 * secondMs, 2 * minuteMs, 10 * minuteMs, 30 * minuteMs],
  ...[2 * hourMs, 6 * hourMs, 12 * hourMs],
]

/** Name of a handler among all subscribers. */
export const handlerName = ({ name }: Pick<EventHandler, 'name'>): string => `handler:${name}`

/** @param delaysMs times between attempts */
export function handlerSubscriber(
  { name, resource, types, timeoutMs, attempts, concurrency, onEvent }: EventHandler,
  work: SystemWork,
  delaysMs: readonly number[] = handlerDelaysMs,
): Subscriber {
  return {
    name: handlerName({ name }),
    resource: resource.name,
    wants: ({ type }) => types.includes(type),
    concurrency,
    delaysMs: delaysMs.slice(0, attempts - 1),
    async deliver(change, { attempt, signal: stopping }) {
      const ending = new AbortController()
      const signal = AbortSignal.any([stopping, ending.signal])
      const deadline = performance.now() + timeoutMs
      const key = `${name}:${change.event}`
      const event = eventOf(change)
      const run = work.transact((store, now) => onEvent(event, { store, key, attempt, now, signal }), {
        ...{ signal, deadline, key: `handler ${key}`, via: name },
      })
      try {
        const result = await inTime(run, deadline - answerMs)
        return result === late ? { reason: `it did not end in ${timeoutMs} ms` } : undefined
      } catch (error) {
        return { reason: error instanceof Error ? `${error.name}: ${error.message}` : 'it threw no error' }
      } finally {
        ending.abort()
      }
    },
  }
}

const eventOf = ({ event, type, document, version, at, by, changed, _id }: Change): HandledEvent => ({
  ...{ id: event, type, documentId: document, version, at, position: _id },
  ...(by !== undefined && { by }),
  ...(changed !== undefined && { changed }),
})
