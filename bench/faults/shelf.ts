import { pick, type Random } from '../load/random.ts'
import type { ResourceName } from './exchange.ts'

/** A document that clients work on. */
export interface Shelved {
  readonly id: string
  /** Unique code of an advisory, which stays when the document is replaced. */
  readonly code?: string
}

/** Few documents per shelf, so that clients compete for them. */
export const shelfSize = 6
const removedKept = 4

/** Documents of each resource that the clients of a run share. Trips have a shelf for each subject. */
export class Shelves {
  readonly #shelves = new Map<string, { here: Shelved[]; removed: Shelved[] }>()

  pick(resource: ResourceName, subject: string, random: Random): Shelved | undefined {
    const { here, removed } = this.#shelf(resource, subject)
    // Sometimes chooses a deleted document, which must stay deleted.
    const from = removed.length > 0 && random() < 0.04 ? removed : here
    return from.length === 0 ? undefined : pick(from, random)
  }

  isFull(resource: ResourceName, subject: string): boolean {
    return this.#shelf(resource, subject).here.length >= shelfSize
  }

  add(resource: ResourceName, subject: string, document: Shelved): void {
    const { here } = this.#shelf(resource, subject)
    if (here.every(({ id }) => id !== document.id)) here.push(document)
  }

  remove(resource: ResourceName, subject: string, id: string): void {
    const shelf = this.#shelf(resource, subject)
    const found = shelf.here.find((document) => document.id === id)
    if (found === undefined) return
    shelf.here = shelf.here.filter((document) => document !== found)
    shelf.removed = [...shelf.removed, found].slice(-removedKept)
  }

  #shelf(resource: ResourceName, subject: string) {
    const name = resource === 'trips' ? `${resource} of ${subject}` : resource
    const known = this.#shelves.get(name)
    if (known !== undefined) return known
    const made: { here: Shelved[]; removed: Shelved[] } = { here: [], removed: [] }
    this.#shelves.set(name, made)
    return made
  }
}
