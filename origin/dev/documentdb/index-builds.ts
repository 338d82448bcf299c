import type { Document } from 'mongodb'

interface Build {
  readonly isForeground: boolean
  readonly ended: Promise<void>
  /** Whether another index command has come meanwhile. */
  isDoomed: boolean
}

/** An index command that was begun. */
export interface BegunBuild {
  /** Ends it. @returns whether it has failed, because another index command came meanwhile */
  end(): boolean
}

/**
 * Builds of indexes as Amazon DocumentDB does them ("Managing Amazon DocumentDB indexes", "Troubleshooting index
 * creation"): one in the foreground locks its collection exclusively; one in the background fails if another index
 * command comes.
 */
export class IndexBuilds {
  readonly #running = new Map<string, Set<Build>>()

  /** Resolves when no build locks the collection; `undefined` if none does. */
  unlocked(collection: string): Promise<unknown> | undefined {
    const locks = [...(this.#running.get(collection) ?? [])].filter(({ isForeground }) => isForeground)
    return locks.length === 0 ? undefined : Promise.all(locks.map(({ ended }) => ended))
  }

  /** Begins an index command. Every build of the collection that runs in the background is lost by it. */
  begin(collection: string, command: Document): BegunBuild {
    const { promise, resolve } = Promise.withResolvers<void>()
    const indexes: readonly Document[] | undefined = command.createIndexes && command.indexes
    const isForeground = indexes === undefined || indexes.some(({ background }) => background !== true)
    const build: Build = { isForeground, ended: promise, isDoomed: false }
    const running = this.#running.get(collection) ?? new Set()
    for (const other of running) other.isDoomed ||= !other.isForeground
    this.#running.set(collection, running.add(build))
    return {
      end() {
        running.delete(build)
        resolve()
        return build.isDoomed
      },
    }
  }
}
