import { setTimeout as sleep } from 'node:timers/promises'

/** Memory of an isolate, in MB of 2^20 bytes. */
export interface HeapUsage {
  /** Heap and buffers that are in use, garbage included. */
  readonly used: number
  /** Heap that V8 has taken from the system. */
  readonly committed: number
}

/** Answer of `Runtime.getHeapUsage`, in bytes (Chrome DevTools Protocol). */
interface HeapAnswer {
  readonly usedSize: number
  readonly totalSize: number
  readonly embedderHeapUsedSize?: number
  readonly backingStorageSize?: number
}

const answerMsMax = 30_000

/** Memory of a Worker's isolate, read through the debugger of its workerd (Chrome DevTools Protocol). */
export class IsolateHeap implements Disposable {
  readonly #workerUrl: string
  readonly #socket: WebSocket
  readonly #asked = new Map<number, (answer: unknown) => void>()
  #id = 0

  private constructor(workerUrl: string, socket: WebSocket) {
    this.#workerUrl = workerUrl
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      // The cast is safe: the protocol's messages are JSON of this shape; events have no id.
      const { id, result } = JSON.parse(String(data)) as { readonly id?: number; readonly result?: unknown }
      if (id === undefined) return
      this.#asked.get(id)?.(result)
      this.#asked.delete(id)
    })
  }

  /** @throws Error if the debugger does not list the Worker within 10 s */
  static async connect(workerUrl: string, inspectorPort: number): Promise<IsolateHeap> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const url = await debuggerUrl(inspectorPort)
      if (url !== undefined) {
        const socket = new WebSocket(url)
        const { promise, resolve, reject } = Promise.withResolvers<void>()
        socket.addEventListener('open', () => resolve())
        socket.addEventListener('error', () => reject(new Error(`the debugger at ${url} refuses`)))
        await promise
        return new IsolateHeap(workerUrl, socket)
      }
      await sleep(100)
    }
    throw new Error('the debugger lists no Worker')
  }

  async usage(): Promise<HeapUsage> {
    // The cast is safe: the protocol's answer to this method.
    const answer = (await this.#ask('Runtime.getHeapUsage')) as HeapAnswer
    const { usedSize, totalSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = answer
    return {
      used: (usedSize + embedderHeapUsedSize + backingStorageSize) / 2 ** 20,
      committed: (totalSize + embedderHeapUsedSize + backingStorageSize) / 2 ** 20,
    }
  }

  /**
   * Collects all garbage. V8 does it as a task of its own, and workerd runs such tasks only beside a request.
   * A request can end before the debugger has read the command, so requests go on until it is answered.
   */
  async collect(): Promise<void> {
    let isCollected = false
    const collected = this.#ask('HeapProfiler.collectGarbage').finally(() => {
      isCollected = true
    })
    const requests = async (): Promise<void> => {
      while (!isCollected) {
        await (await fetch(this.#workerUrl)).body?.cancel()
        await sleep(10)
      }
    }
    await Promise.all([collected, requests()])
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }

  async #ask(method: string): Promise<unknown> {
    const id = ++this.#id
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const timer = setTimeout(() => reject(new Error(`the isolate does not answer ${method}`)), answerMsMax)
    this.#asked.set(id, resolve)
    this.#socket.send(JSON.stringify({ id, method }))
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }
}

async function debuggerUrl(port: number): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/json`)
    // The cast is safe: the protocol's list of targets.
    const targets = (await response.json()) as readonly { readonly webSocketDebuggerUrl?: string }[]
    return targets.find(({ webSocketDebuggerUrl }) => webSocketDebuggerUrl !== undefined)
      ?.webSocketDebuggerUrl
  } catch {
    // The debugger listens a moment after the Worker does.
    return undefined
  }
}
