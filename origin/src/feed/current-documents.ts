import type { Resource } from '@spillway/origin/contract'
import type { Change } from '../store/change-log.ts'
import type { Repository, StoredDocument } from '../store/repository.ts'

/** The database gave no answer about a document. */
export class NotRead extends Error {
  override readonly name = 'NotRead'
}

/** Documents as they are now; `undefined` for one that does not exist. */
export type CurrentDocuments = ReadonlyMap<string, StoredDocument | undefined>

interface Held {
  /** Position of the log that was known when the read began. */
  readonly seen: number
  readonly beganAtMs: number
  readonly document: Promise<StoredDocument | undefined>
}

/** Time for which readers share what was read, in ms: it bounds how late a change of access takes effect. */
const heldMs = 250
const heldMax = 5_000
const timeoutMs = 5_000

/**
 * Reads the documents of changes, to decide who may see them. Many readers get the same change at about the same time, so
 * they share one read, which began after the change was logged.
 */
export class DocumentsOfChanges {
  readonly #repository: Pick<Repository, 'read'>
  readonly #seen: () => number
  readonly #held = new Map<string, Held>()

  /** @param seen position up to which this process has seen the log */
  constructor(repository: Pick<Repository, 'read'>, seen: () => number) {
    this.#repository = repository
    this.#seen = seen
  }

  /** @throws {NotRead} if one of them cannot be read */
  async of(resource: Resource, changes: readonly Change[]): Promise<CurrentDocuments> {
    const last = new Map(changes.map(({ document, _id }) => [document, _id]))
    const documents = await Promise.all(
      Array.from(last, async ([id, position]) => [id, await this.#current(resource, id, position)] as const),
    )
    return new Map(documents)
  }

  #current(resource: Resource, id: string, position: number): Promise<StoredDocument | undefined> {
    const key = `${resource.name}/${id}`
    const nowMs = performance.now()
    const held = this.#held.get(key)
    if (held !== undefined && held.seen >= position && nowMs - held.beganAtMs < heldMs) return held.document
    const document = this.#read(resource, id, nowMs)
    this.#held.delete(key)
    this.#held.set(key, { seen: Math.max(position, this.#seen()), beganAtMs: nowMs, document })
    document.catch(() => {
      if (this.#held.get(key)?.document === document) this.#held.delete(key)
    })
    // Insertion order is the order of age.
    for (const [oldest, { beganAtMs }] of this.#held) {
      if (nowMs - beganAtMs < heldMs && this.#held.size <= heldMax) break
      this.#held.delete(oldest)
    }
    return document
  }

  async #read(resource: Resource, id: string, nowMs: number): Promise<StoredDocument | undefined> {
    const outcome = await this.#repository.read(resource, id, { deadline: nowMs + timeoutMs })
    if (outcome.kind === 'notDone') throw new NotRead(outcome.reason)
    return outcome.kind === 'found' ? outcome.document : undefined
  }
}
