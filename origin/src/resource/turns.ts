import { inTime, late } from '../lib/in-time.ts'
import { ofCode } from '../lib/own-time.ts'
import type { Call } from '../store/repository.ts'

/**
 * Turns at documents that several requests of this process want to change. A request that has lost once decides again
 * while the others wait, so that it does not lose again. Turns only help: the commit decides.
 */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  /**
   * Waits until nobody before has a turn at any of these.
   *
   * @param names of documents; none: no waiting
   * @param untilMs end of the wait, by `performance.now()`
   * @returns the turn, which ends when it is disposed of; `undefined` if it did not come in time
   */
  async take(names: readonly string[], untilMs: number): Promise<Disposable | undefined> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const before = names.flatMap((name) => this.#last.get(name) ?? [])
    for (const name of names) this.#last.set(name, promise)
    const end = () => {
      for (const name of names) if (this.#last.get(name) === promise) this.#last.delete(name)
      resolve()
    }
    // Joins all queues at once, so that two requests for the same documents have the same order in each.
    const free = Promise.all(before)
    if (before.length > 0 && (await inTime(free, untilMs)) === late) {
      // Keeps its place until those before it have left: later requests wait for this one.
      free.then(end)
      return undefined
    }
    return { [Symbol.dispose]: end }
  }
}

/** Time to decide and write after a turn, in ms: a turn that comes later is of no use. */
const decidingMs = 50

/** Takes a turn for a request. The limit does not count the wait. */
export const takeTurn = async (
  turns: Turns,
  names: readonly string[],
  call: Call,
): Promise<Disposable | undefined> => ofCode(call, () => turns.take(names, call.deadline - decidingMs))
