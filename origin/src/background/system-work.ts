import { setTimeout as sleep } from 'node:timers/promises'
import { type Catalogue, headers, ProblemError, type Resource } from '@spillway/origin/contract'
import type { ActionStore } from '../action/action-store.ts'
import { askGuardsOfWrites } from '../action/guarded-changes.ts'
import { compileGuards, type Guard } from '../action/guards.ts'
import { tagsOfWrites } from '../action/purge-tags.ts'
import { storedChecks } from '../action/route-actions.ts'
import { Work, writesMax } from '../action/work.ts'
import type { Purges } from '../purges/purges.ts'
import { purgeTags } from '../resource/compiled-view.ts'
import type { AskGuards } from '../resource/guarding.ts'
import { attemptsMax } from '../resource/updates.ts'
import { createCompilers, type StoredCheck } from '../resource/validator.ts'
import type { Commits } from '../store/commits.ts'
import type { Call, Repository } from '../store/repository.ts'

export interface SystemWorkOptions {
  readonly catalogue: Catalogue
  readonly repository: Repository
  readonly commits: Commits
  readonly guards: readonly Guard[]
  /** @default the edge is not notified of writes */
  readonly purges?: Purges | undefined
}

export interface TransactionOptions {
  readonly signal: AbortSignal
  /** Milliseconds by `performance.now()`. */
  readonly deadline: number
  /** Its writes happen once for each key, which is remembered for a day. @default they happen at each call */
  readonly key?: string
  /** The handler or job, for the history of what it writes. @default none */
  readonly via?: string
}

/** Code of the application that reads and writes, with the time of its writes (RFC 3339). */
export type TransactionCode<Result> = (store: ActionStore, now: string) => Result | Promise<Result>

/** Writes of code that runs for nobody: of a handler of events, or of a job. They follow all rules, guards included. */
export class SystemWork {
  readonly #options: SystemWorkOptions
  readonly #storedCheck: (resource: Resource) => StoredCheck
  readonly #writable: ReadonlySet<string>
  readonly #guards = new Map<string, AskGuards | undefined>()

  constructor(options: SystemWorkOptions) {
    const { catalogue } = options
    this.#options = options
    this.#storedCheck = storedChecks(createCompilers())
    this.#writable = new Set([...catalogue.values()].map(({ name }) => name))
    for (const resource of catalogue.values())
      this.#guards.set(resource.name, compileGuards(options, resource))
  }

  /**
   * Runs code and commits its writes together; after a concurrent write it runs again. Then the edge purges what shows
   * them, for which it waits a bounded time.
   *
   * @returns the code's result; with a key whose writes have happened already, that of code whose writes were discarded
   * @throws {Error} if nothing was written, or that is unknown
   */
  async transact<Result>(code: TransactionCode<Result>, options: TransactionOptions): Promise<Result> {
    const { signal, deadline, key, via } = options
    const { catalogue, repository, commits } = this.#options
    const call: Call = { deadline, signal }
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      signal.throwIfAborted()
      const at = commits.clock()
      const work = new Work({
        ...{ catalogue, repository, call },
        storedCheck: this.#storedCheck,
        writable: this.#writable,
        principal: undefined,
        now: at.iso,
      })
      // The code may go on after it was given up: it can write nothing then.
      const end = (): void => work.end()
      signal.addEventListener('abort', end)
      try {
        const result = await code(work, at.iso)
        signal.throwIfAborted()
        const guarded = await askGuardsOfWrites(work, {
          guardsOf: ({ name }) => this.#guards.get(name),
          ...{ principal: undefined, nowMs: at.ms, call },
        })
        if (!guarded.ok) throw new ProblemError(guarded.problem)
        const writes = guarded.value.map((change) =>
          commits.prepare(change, at, via === undefined ? {} : { via }),
        )
        if (writes.length > writesMax)
          throw new RangeError(`more than ${writesMax} documents are written at once`)
        const isKeyed = key !== undefined && writes.some(({ isGuard }) => !isGuard)
        const tags = tagsOfWrites(writes, undefined)
        const outcome = await commits.commit(writes, isKeyed ? doneOnce(key, tags) : undefined, call)
        if (outcome.kind === 'committed' || outcome.kind === 'answered') {
          // The process that has written them may have crashed before it notified the edge.
          const purged = outcome.kind === 'answered' && isKeyed ? await this.#keptTags(key, call) : tags
          await this.#options.purges?.purge(purged, Math.min(purgeWaitMs, deadline - performance.now()))
          return result
        }
        if (outcome.kind !== 'changed') throw new Error(reasonOf(outcome))
      } finally {
        signal.removeEventListener('abort', end)
        work.end()
      }
      await sleep(Math.random() * 2 ** attempt)
    }
    throw new Error('other writes came first, again and again')
  }

  async #keptTags(key: string, call: Call): Promise<readonly string[]> {
    const kept = await this.#options.commits.answered(key, '', call)
    if (kept.kind !== 'kept') throw new Error('the mark of earlier writes could not be read')
    return (kept.answer.headers[headers.purgeTag] ?? '').split(',').filter((tag) => tag !== '')
  }
}

/** Longest wait for the edge, in ms: code that goes on sees its own writes there. */
const purgeWaitMs = 2_000

/**
 * A mark of writes that have happened, stored with them as the answer of a request with an Idempotency-Key is. It has
 * the cache tags that they make obsolete.
 */
const doneOnce = (id: string, tags: readonly string[]) => ({
  ...{ id, request: '' },
  answer: { status: 204, headers: purgeTags(...tags), body: '' },
})

const reasonOf = (outcome: { readonly kind: string; readonly reason?: string }): string =>
  outcome.reason === undefined ? `the writes: ${outcome.kind}` : `the writes: ${outcome.reason}`
