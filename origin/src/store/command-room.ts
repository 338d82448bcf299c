/** A lane that shares the connections. */
export interface RoomSeeker {
  /** Whether its next batch lacks nothing but a connection. */
  readonly isDue: boolean
  /** Whether items that come later share its next batch. */
  readonly joins: boolean
  /** Sends its next batch at the end of the turn of the event loop, if it may. */
  offer(): void
}

export interface CommandRoomOptions {
  /** Maximum commands in flight: connections of this process. */
  readonly commandsMax: number
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Called with the time for which a batch waited for a connection, in ms. @default none */
  readonly onWait?: ((waitMs: number) => void) | undefined
}

/**
 * Time for which a lane of joined work that has just sent a batch lets lists go first, in ms. Its next batch costs
 * hardly more for the wait, since its cost hardly depends on its size, whereas each list costs a command of its own.
 * Longer, and a write would take half of a second; shorter, and small writes would take most of a slow connection
 * (decision 64).
 */
const turnMs = 250

/**
 * Room for commands on the connections of a small or slow pool. A lane without room keeps its batch, which further
 * items join meanwhile. In the driver's queue for a connection, a batch could not grow, and an item that comes later
 * would wait for two of them. Lanes get free connections in the order in which they were denied one; but lanes of
 * joined work only once in {@link turnMs}, while others wait.
 */
export class CommandRoom {
  readonly #options: CommandRoomOptions
  #inflight = 0
  /** Start of each wait, in order. */
  readonly #denied = new Map<RoomSeeker, number>()
  readonly #sentAt = new WeakMap<RoomSeeker, number>()

  constructor(options: CommandRoomOptions) {
    this.#options = options
  }

  /**
   * Whether a lane whose batch is due may send it now. Otherwise it is offered room later. A lane that sends nothing in
   * its turn, e.g. because its items wait for others with their keys, has had it.
   */
  hasRoomFor(lane: RoomSeeker): boolean {
    const { commandsMax, now, onWait } = this.#options
    const first = this.#first() ?? lane
    const since = this.#denied.get(lane)
    if (first !== lane || this.#inflight >= commandsMax) {
      if (since === undefined) this.#denied.set(lane, now())
      this.#offer()
      return false
    }
    if (since !== undefined) onWait?.(now() - since)
    this.#denied.delete(lane)
    return true
  }

  /** Runs a lane's batch on one connection. */
  async run(lane: RoomSeeker, batch: () => Promise<void>): Promise<void> {
    this.#inflight += 1
    this.#sentAt.set(lane, this.#options.now())
    this.#offer()
    try {
      await batch()
    } finally {
      this.#inflight -= 1
      this.#offer()
    }
  }

  #offer(): void {
    if (this.#inflight < this.#options.commandsMax) this.#first()?.offer()
  }

  /** The lane whose turn it is; forgets those whose callers have gone. */
  #first(): RoomSeeker | undefined {
    let later: RoomSeeker | undefined
    for (const lane of this.#denied.keys()) {
      if (!lane.isDue) this.#denied.delete(lane)
      else if (this.#hadTurn(lane)) later ??= lane
      else return lane
    }
    return later
  }

  #hadTurn(lane: RoomSeeker): boolean {
    const sentAt = this.#sentAt.get(lane)
    return lane.joins && sentAt !== undefined && this.#options.now() - sentAt < turnMs
  }
}
