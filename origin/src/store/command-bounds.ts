import { CommandGivenUpError } from './database-error.ts'

/**
 * Ends every database command in bounded time, whatever the driver does. The server's own limits (`maxTimeMS`,
 * `wtimeout`) end a command that it executes, and the socket timeout one whose answer does not arrive; neither ends a
 * command that hangs inside the driver. So each command has a timer slightly beyond the time in which a healthy server
 * answers. When it fires, the caller is answered at once, and an abort signal makes the driver close the connection, so
 * that the pool does not lose it.
 */
export interface BoundsOptions {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Calls back after a time, like `setTimeout`; returns a function that cancels the call. */
  readonly after: (run: () => void, delayMs: number) => () => void
  /** Time for the answer to arrive beyond the server's own limit, in ms. @default 1 000 */
  readonly graceMs?: number
  /** Upper bound for any command, in ms. @default 15 000, the socket timeout */
  readonly boundMsMax?: number
}

interface Running {
  /** Time by which a healthy server would have answered, in ms of the clock. */
  readonly dueAtMs: number
}

export class CommandBounds {
  readonly #options: BoundsOptions
  readonly #graceMs: number
  readonly #boundMsMax: number
  /** In order of start. */
  readonly #running = new Set<Running>()
  #givenUp = 0

  constructor(options: BoundsOptions) {
    this.#options = options
    this.#graceMs = options.graceMs ?? 1_000
    this.#boundMsMax = options.boundMsMax ?? 15_000
  }

  /** Number of commands given up since the start. */
  get givenUp(): number {
    return this.#givenUp
  }

  /**
   * Whether a running command is late by more than half of the grace. Nothing else in this process shows such a
   * command, because other connections keep working.
   */
  get isAnyOverdue(): boolean {
    const now = this.#options.now()
    for (const { dueAtMs } of this.#running) if (now - dueAtMs > this.#graceMs / 2) return true
    return false
  }

  /**
   * Runs a command with a time bound.
   *
   * @param timeoutMs time limit that the command gives the server
   * @param command must pass the signal to the driver
   * @throws {CommandGivenUpError} at the bound: whether the command was executed is then unknown
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

/** Bounds by the machine's clock. */
export const createCommandBounds = (): CommandBounds =>
  new CommandBounds({
    now: () => performance.now(),
    after: (run, delayMs) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  })
