import { type ControlEntry, formatControl } from '@spillway/origin/contract'

/** The operators' switches of a stack on this machine. */
export class LocalControl {
  readonly #entries = new Map<string, ControlEntry>()
  readonly #write: (snapshot: string) => Promise<void>

  /**
   * @param write puts the snapshot where the edge reads it
   * @param entries those that are there already
   */
  constructor(write: (snapshot: string) => Promise<void>, entries: readonly ControlEntry[] = []) {
    this.#write = write
    for (const entry of entries) this.#entries.set(entry.name, entry)
  }

  get entries(): readonly ControlEntry[] {
    return [...this.#entries.values()]
  }

  /** Sets a switch, or a revocation if it has no value. */
  put(name: string, value?: string, more: Pick<ControlEntry, 'metadata' | 'expiration'> = {}): Promise<void> {
    this.#entries.set(name, { name, ...(value !== undefined && { value }), ...more })
    return this.#publish()
  }

  delete(name: string): Promise<void> {
    this.#entries.delete(name)
    return this.#publish()
  }

  #publish(): Promise<void> {
    return this.#write(formatControl(this.entries))
  }
}
