/** Bounds of the readers that wait at the same time in one process. */
export interface RoomBounds {
  readonly readersMax: number
  /** Maximum answers of one caller. All callers without a token together have half of the places. */
  readonly callerMax: number
}

export const roomBounds: RoomBounds = { readersMax: 1_000, callerMax: 20 }

/** Counts the readers of feeds that wait, or are sent a stream: each keeps a connection and some memory. */
export class FeedRoom {
  readonly #bounds: RoomBounds
  readonly #byCaller = new Map<string | undefined, number>()
  #count = 0

  constructor(bounds: RoomBounds = roomBounds) {
    this.#bounds = bounds
  }

  get count(): number {
    return this.#count
  }

  /**
   * @param caller its subject; `undefined` without a token
   * @returns a place, to be disposed of when the reader leaves; or why there is none
   */
  enter(caller: string | undefined): Disposable | 'full' | 'overShare' {
    const { readersMax, callerMax } = this.#bounds
    const own = this.#byCaller.get(caller) ?? 0
    if (own >= (caller === undefined ? readersMax / 2 : callerMax)) return 'overShare'
    if (this.#count >= readersMax) return 'full'
    this.#count += 1
    this.#byCaller.set(caller, own + 1)
    let isHeld = true
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return
        isHeld = false
        this.#count -= 1
        const left = (this.#byCaller.get(caller) ?? 1) - 1
        if (left === 0) this.#byCaller.delete(caller)
        else this.#byCaller.set(caller, left)
      },
    }
  }
}
