export interface JoinedOptions<Value, Outcome> {
  /** Outcomes in the order of the values. */
  readonly execute: (values: readonly Value[]) => Promise<readonly Outcome[]>
  /** Equal values share an item. @default no two are equal */
  readonly keyOf?: (value: Value) => string
  /** Maximum items of a command. @default 128 */
  readonly itemsMax?: number
  /** Maximum commands in flight. @default 1 */
  readonly inflightMax?: number
  /** Delay of a command after the previous one, in ms. @default none */
  readonly gatherMs?: number
}

interface Item<Value, Outcome> {
  readonly value: Value
  readonly callers: PromiseWithResolvers<Outcome>[]
}

/** Joins what is asked in one turn of the event loop, or while commands are in flight, into one command. */
export class Joined<Value, Outcome> {
  readonly #options: JoinedOptions<Value, Outcome>
  #waiting: Item<Value, Outcome>[] = []
  readonly #byKey = new Map<string, Item<Value, Outcome>>()
  #inflight = 0
  #isDue = false

  constructor(options: JoinedOptions<Value, Outcome>) {
    this.#options = options
  }

  ask(value: Value): Promise<Outcome> {
    const caller = Promise.withResolvers<Outcome>()
    const key = this.#options.keyOf?.(value)
    const same = key === undefined ? undefined : this.#byKey.get(key)
    if (same !== undefined) {
      same.callers.push(caller)
      return caller.promise
    }
    const item = { value, callers: [caller] }
    this.#waiting.push(item)
    if (key !== undefined) this.#byKey.set(key, item)
    if (this.#inflight < (this.#options.inflightMax ?? 1)) this.#schedule()
    return caller.promise
  }

  #schedule(delayMs = 0): void {
    if (this.#isDue || (this.#waiting.length === 0 && delayMs === 0)) return
    this.#isDue = true
    const depart = () => {
      this.#isDue = false
      this.#depart()
    }
    if (delayMs > 0) setTimeout(depart, delayMs)
    else setImmediate(depart)
  }

  #depart(): void {
    const { execute, inflightMax = 1, itemsMax = 128, keyOf, gatherMs = 0 } = this.#options
    while (this.#waiting.length > 0 && this.#inflight < inflightMax) {
      const batch = this.#waiting.splice(0, itemsMax)
      if (keyOf !== undefined) for (const { value } of batch) this.#byKey.delete(keyOf(value))
      this.#inflight += 1
      execute(batch.map(({ value }) => value))
        .then(
          (outcomes) => {
            // The cast is safe: there is one outcome for each value.
            for (const [i, { callers }] of batch.entries())
              for (const { resolve } of callers) resolve(outcomes[i] as Outcome)
          },
          (error: unknown) => {
            for (const { callers } of batch) for (const { reject } of callers) reject(error)
          },
        )
        .finally(() => {
          this.#inflight -= 1
          this.#schedule(gatherMs)
        })
    }
  }
}
