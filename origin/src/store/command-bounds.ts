import { CommandGivenUpError } from './database-error.ts'

/**
 * Ends every database command in bounded time, whatever the driver does. The server's own limits (`maxTimeMS`,
 * `wtimeout`) end one that it works on, and the socket's timeout one whose answer stays away; neither ends one that the
 * driver never gets rid of. So each command has a timer a little beyond the time in which a healthy server answers.
 * When it fires the caller is answered, at once, and the driver is told by signal, upon which it closes the connection:
 * a connection of the pool is not lost with the command.
 */
export interface BoundsOptions {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Calls back after a time, as `setTimeout` does; what it returns takes the call back. */
  readonly after: (run: () => void, delayMs: number) => () => void
  /** Time beyond a server's own limit that the answer may take to arrive, in ms. @default 1 000 */
  readonly graceMs?: number
  /** The longest that any command may take, in ms. @default 15 000, the timeout of a socket */
  readonly boundMsMax?: number
}

interface Running {
  /** When a healthy server would have answered, in ms of the clock. */
  readonly dueAtMs: number
}

export class CommandBounds {
  readonly #options: BoundsOptions
  readonly #graceMs: number
  readonly #boundMsMax: number
  /** In the order in which they began. */
  readonly #running = new Set<Running>()
  #givenUp = 0

  constructor(options: BoundsOptions) {
    this.#options = options
    this.#graceMs = options.graceMs ?? 1_000
    this.#boundMsMax = options.boundMsMax ?? 15_000
  }

  /** Commands that were given up since the start. */
  get givenUp(): number {
    return this.#givenUp
  }

  /**
   * Whether a command is running that should have ended: its answer is half of the grace late. Nothing else in this
   * process shows it, since other connections go on working.
   */
  get isAnyOverdue(): boolean {
    const now = this.#options.now()
    for (const { dueAtMs } of this.#running) if (now - dueAtMs > this.#graceMs / 2) return true
    return false
  }

  /**
   * @param timeoutMs how long a healthy server takes at most: what the command itself asks it for
   * @param command is to hand the signal to the driver
   * @throws CommandGivenUpError when the bound is reached: whether the command was executed is not known
   */
  run<Result>(timeoutMs: number, command: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { now, after } = this.#options
    const boundMs = Math.min(timeoutMs + this.#graceMs, this.#boundMsMax)
    const running = { dueAtMs: now() + boundMs - this.#graceMs }
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const controller = new AbortController()
    this.#running.add(running)
    const cancel = after(() => {
      this.#running.delete(running)
      this.#givenUp += 1
      const error = new CommandGivenUpError(boundMs)
      reject(error)
      controller.abort(error)
    }, boundMs)
    const ended = (): void => {
      this.#running.delete(running)
      cancel()
    }
    command(controller.signal).then(
      (result) => {
        ended()
        resolve(result)
      },
      (error: unknown) => {
        ended()
        reject(error)
      },
    )
    return promise
  }
}

/** By the machine's clock. */
export const createCommandBounds = (): CommandBounds =>
  new CommandBounds({
    now: () => performance.now(),
    after: (run, delayMs) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  })
