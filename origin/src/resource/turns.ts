/**
 * Turns at documents that several requests of this process want to change: whoever has lost once decides anew while the
 * others wait, instead of losing again. Only a help: the commit decides.
 */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  /**
   * Waits until nobody before has a turn at any of these.
   *
   * @param names of documents; none: no waiting
   * @returns the turn, which ends when it is disposed of
   */
  async take(names: readonly string[]): Promise<Disposable> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const before = names.flatMap((name) => this.#last.get(name) ?? [])
    for (const name of names) this.#last.set(name, promise)
    // All at once: two that want the same documents are in the same order at each of them.
    await Promise.all(before)
    return {
      [Symbol.dispose]: () => {
        for (const name of names) if (this.#last.get(name) === promise) this.#last.delete(name)
        resolve()
      },
    }
  }
}
