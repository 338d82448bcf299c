import { type Child, describeExit, type Exit } from '@spillway/origin/dev/child'
import type { SourceWatch } from './source-watch.ts'

/** One tier that runs the sources. Starting it resolves when it is up. */
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
  /** Checks the sources and prepares the next start, without touching the running tiers. @returns the first mistake */
  readonly prepare: () => Promise<string | undefined>
  /** In start order; each stops before the tier that it depends on. */
  readonly tiers: readonly Tier[]
  readonly say: (line: string) => void
  /** Called when everything runs the current sources, at the start and after each change. */
  readonly onUp: (how: 'started' | 'reloaded') => void
  readonly signal: AbortSignal
}

/**
 * Runs the tiers from the sources, and restarts them on each change: all from one state of the sources, so that no two
 * run different contracts. A mistake is reported and changes nothing: the previous version keeps running. A tier that
 * dies is reported and restarts with the next change.
 *
 * @throws Error when the first start fails; AbortError when stopped
 */
export class Reload {
  readonly #options: ReloadOptions
  #running: Running[] = []

  constructor(options: ReloadOptions) {
    this.#options = options
  }

  /** Resolves with the state of the running sources, once everything is up. */
  async start(): Promise<string> {
    const { sources, prepare, onUp } = this.#options
    const state = await sources.state()
    const mistake = await prepare()
    if (mistake !== undefined) throw new Error(mistake)
    await this.#startAll()
    onUp('started')
    return state
  }

  /** Restarts on each change until the signal is aborted. */
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
        // The cast is safe: starts and stops throw errors only.
        say(`${(error as Error).message}\nWaiting for a change before it is started again …`)
      }
    }
  }

  /** Stops the tiers in reverse order. */
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
