/**
 * Time of one request that says nothing about the origin or the database: the application's own code (handlers, guards,
 * queries), and waits for documents that other requests change at the same time. The concurrency limit does not count
 * it, and a request that ended by it does not count against the origin at the edge: otherwise one slow handler, or one
 * popular document, would have everybody refused.
 */
export class OwnTime {
  readonly #now: () => number
  #ms = 0
  #running = 0
  #excepted = 0
  #sinceMs = 0
  #isContended = false

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Milliseconds until now. */
  get ms(): number {
    return this.#ms + (this.#isOwn ? this.#now() - this.#sinceMs : 0)
  }

  /** Whether it has lost a document to another request, so that it had to begin again. */
  get isContended(): boolean {
    return this.#isContended
  }

  contended(): void {
    this.#isContended = true
  }

  add(timeMs: number): void {
    this.#ms += timeMs
  }

  /** Counts the time of this work, except for {@link except} within it. */
  async during<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    this.#change(1, 0)
    try {
      return await work()
    } finally {
      this.#change(-1, 0)
    }
  }

  /** Does not count the time of this work: of the database, for example. */
  async except<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#change(0, 1)
    try {
      return await work()
    } finally {
      this.#change(0, -1)
    }
  }

  get #isOwn(): boolean {
    return this.#running > 0 && this.#excepted === 0
  }

  #change(running: number, excepted: number): void {
    this.#ms = this.ms
    this.#sinceMs = this.#now()
    this.#running += running
    this.#excepted += excepted
  }
}

/** Carries the measure of its request, if that runs code of the application. */
interface Timed {
  readonly ownTime?: OwnTime | undefined
}

/** Runs code of the application. */
export const ofCode = <Result>(
  { ownTime }: Timed,
  work: () => Result | Promise<Result>,
): Result | Promise<Result> => (ownTime === undefined ? work() : ownTime.during(work))

/** Runs a database call that code of the application waits for. */
export const ofStore = <Result>({ ownTime }: Timed, work: () => Promise<Result>): Promise<Result> =>
  ownTime === undefined ? work() : ownTime.except(work)
