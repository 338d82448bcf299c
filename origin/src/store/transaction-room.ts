/**
 * Limits the transactions in flight: each holds a connection for most of its duration, and reads and single writes,
 * which share connections, must not wait behind them. First come, first served.
 */
export class TransactionRoom {
  readonly #inflightMax: number
  readonly #waitingMax: number
  readonly #waiting: (() => void)[] = []
  #inflight = 0

  constructor(inflightMax: number, waitingMax = 256) {
    this.#inflightMax = inflightMax
    this.#waitingMax = waitingMax
  }

  get inflight(): number {
    return this.#inflight
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Runs work when a slot is free.
   *
   * @param timeoutMs maximum wait for a slot
   * @returns `full` if too many wait, `late` if no slot was free in time; the work was not run then
   */
  async run<Result>(timeoutMs: number, work: () => Promise<Result>): Promise<Result | 'full' | 'late'> {
    if (this.#inflight >= this.#inflightMax) {
      if (this.#waiting.length >= this.#waitingMax) return 'full'
      if (!(await this.#room(timeoutMs))) return 'late'
    } else this.#inflight += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      // Hands the slot to the next waiting work directly.
      if (next === undefined) this.#inflight -= 1
      else next()
    }
  }

  #room(timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const enter = () => {
      clearTimeout(timer)
      resolve(true)
    }
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(enter), 1)
      resolve(false)
    }, timeoutMs)
    this.#waiting.push(enter)
    return promise
  }
}
