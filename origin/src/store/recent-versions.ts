/**
 * Versions that this process has just written. A waiting replacement of an older version has lost, and need not be
 * sent. Otherwise many writers of one document, of which one can win, would each send a command, and delay writers of
 * other documents.
 *
 * Only replacements that waited while the version was written are judged: for them the version was current at some time
 * during their wait. For later ones the document may have changed through other processes, so they ask the database.
 */
export class RecentVersions {
  readonly #entries = new Map<string, { readonly version: number; readonly writtenAt: number }>()
  readonly #entriesMax: number

  /** @param entriesMax bound of the memory; a replacement whose entry was evicted just asks the database */
  constructor(entriesMax = 1_024) {
    this.#entriesMax = entriesMax
  }

  /** @param version below 1 for a deletion */
  note(id: string, version: number, now: number): void {
    // Deletes the entry first, so that the map's order is that of age.
    this.#entries.delete(id)
    this.#entries.set(id, { version, writtenAt: now })
    if (this.#entries.size <= this.#entriesMax) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  /**
   * The reason why a replacement of `expected` cannot happen any more; `undefined` if it may.
   * @param since start of its wait
   */
  verdict(id: string, expected: number, since: number): 'versionConflict' | 'notFound' | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.writtenAt <= since) return undefined
    if (entry.version < 1) return entry.version === expected ? undefined : 'notFound'
    return entry.version > expected ? 'versionConflict' : undefined
  }
}
