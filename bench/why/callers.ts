/** Callers who ask without a pause until they are stopped; failures are what they are there for. */
export class Callers implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #all: Promise<void>[]

  /** @param path of the next request, by its number */
  constructor(
    url: string,
    count: number,
    path: (number: number) => string,
    headers: Record<string, string> = {},
  ) {
    let asked = 0
    const { signal } = this.#stop
    const one = async () => {
      while (!signal.aborted) {
        await fetch(url + path(asked++), { headers, signal })
          .then(
            (answer) => answer.arrayBuffer(),
            () => new Promise((resolve) => setTimeout(resolve, 20)),
          )
          .catch(() => {})
      }
    }
    this.#all = Array.from({ length: count }, one)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#all)
  }
}
