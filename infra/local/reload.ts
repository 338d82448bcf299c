import { type Child, describeExit, type Exit } from '@spillway/origin/dev/child'
import type { SourceWatch } from './source-watch.ts'

/** One tier that runs the sources: how to start it, so that it is up when the promise resolves. */
export interface Tier {
  readonly name: string
  start(): Promise<Running>
}

export interface Running {
  readonly child: Child
  stop(graceMs?: number): Promise<unknown>
}

export interface ReloadOptions {
  readonly sources: SourceWatch
  /** Looks for mistakes without touching what runs, and prepares what is to run next. @returns the first mistake */
  readonly prepare: () => Promise<string | undefined>
  /** In the order in which they are started; each is stopped before the one it depends on. */
  readonly tiers: readonly Tier[]
  readonly say: (line: string) => void
  /** Called once everything runs what the sources say, at the start and after each change. */
  readonly onUp: (how: 'started' | 'reloaded') => void
  readonly signal: AbortSignal
}

/**
 * Runs the tiers from the sources as they are, and again whenever those change: all tiers from one state of the sources, so
 * that no two ever run different contracts. A mistake changes nothing: it is told, and what ran before goes on. A tier that
 * dies is told as well, and waits for the next change.
 *
 * @throws Error when the first start fails; AbortError at the end
 */
export class Reload {
  readonly #options: ReloadOptions
  #running: Running[] = []

  constructor(options: ReloadOptions) {
    this.#options = options
  }

  /** Resolves with the state of the sources that runs, once everything is up. */
  async start(): Promise<string> {
    const { sources, prepare, onUp } = this.#options
    const state = await sources.state()
    const mistake = await prepare()
    if (mistake !== undefined) throw new Error(mistake)
    await this.#startAll()
    onUp('started')
    return state
  }

  /** Follows the sources until the signal is aborted. */
  async follow(state: string): Promise<never> {
    const { sources, prepare, say, onUp, signal } = this.#options
    for (let known = state; ; ) {
      known = await sources.changedFrom(known)
      const mistake = await prepare()
      signal.throwIfAborted()
      if (mistake !== undefined) {
        say(`${mistake}\nNot reloaded: what ran before goes on until this is mended.`)
        continue
      }
      try {
        await this.stop()
        await this.#startAll()
        onUp('reloaded')
      } catch (error) {
        signal.throwIfAborted()
        say(`${(error as Error).message}\nWaiting for a change before it is started again …`)
      }
    }
  }

  /** The last one first. */
  async stop(graceMs?: number): Promise<void> {
    const running = this.#running
    this.#running = []
    for (const { stop } of running.toReversed()) await stop(graceMs)
  }

  async #startAll(): Promise<void> {
    const { tiers, signal, say } = this.#options
    for (const tier of tiers) {
      signal.throwIfAborted()
      const running = await tier.start()
      this.#running.push(running)
      void running.child.exited.then((exit) => {
        if (this.#running.includes(running) && !signal.aborted) say(deathOf(running.child, exit))
      })
    }
  }
}

const deathOf = (child: Child, exit: Exit): string =>
  `${child.name} ${describeExit(exit)}. Its last lines:\n${child.tail(15)}\nWaiting for a change before it is started again …`
