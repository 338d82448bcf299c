/**
 * Versions that this process has just written: whoever was waiting to replace an older one has lost, and need not ask
 * the database. Without it, a crowd that writes to one document, of which one wins, would each take a turn there, and
 * keep the writers of other documents waiting.
 *
 * Only those are judged who were waiting while the version was written: for them it is the truth about a moment of their
 * wait. What has become of the document since, through other processes, is for the database to say.
 */
export class RecentVersions {
  readonly #entries = new Map<string, { readonly version: number; readonly writtenAt: number }>()
  readonly #entriesMax: number

  /** @param entriesMax who falls out is merely sent to the database */
  constructor(entriesMax = 1_024) {
    this.#entriesMax = entriesMax
  }

  /** @param version 0: deleted */
  note(id: string, version: number, now: number): void {
    // Deleted first, so that the order of the map is the order of age.
    this.#entries.delete(id)
    this.#entries.set(id, { version, writtenAt: now })
    if (this.#entries.size <= this.#entriesMax) return
    const [oldest] = this.#entries.keys()
    this.#entries.delete(oldest as string)
  }

  /**
   * Why a replacement of `expected` cannot happen any more, or `undefined` where it may.
   * @param since when it began to wait
   */
  verdict(id: string, expected: number, since: number): 'versionConflict' | 'notFound' | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.writtenAt <= since) return undefined
    if (entry.version === 0) return 'notFound'
    return entry.version > expected ? 'versionConflict' : undefined
  }
}
