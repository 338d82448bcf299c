/**
 * Limits the exports that run at the same time in this process. One caller may have as many as remain free: of four,
 * the first caller gets at most two, so that a second caller finds room (Choudhury and Hahne, "Dynamic Queue Length
 * Thresholds for Shared-Memory Packet Switches", 1998, with α = 1).
 */
export class ExportRoom {
  readonly #countMax: number
  readonly #running = new Map<Disposable, string>()

  constructor(countMax = 4) {
    this.#countMax = countMax
  }

  /** @returns a slot, to be disposed of when the export ends; `undefined` if none is free for this caller */
  enter(caller: string): Disposable | undefined {
    const free = this.#countMax - this.#running.size
    const own = [...this.#running.values()].filter((other) => other === caller).length
    if (free <= own) return undefined
    const place = { [Symbol.dispose]: () => void this.#running.delete(place) }
    this.#running.set(place, caller)
    return place
  }
}
