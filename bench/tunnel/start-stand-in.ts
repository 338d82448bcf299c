import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Certificate } from '../measure/certificate.ts'
import type { StandInMessage } from './stand-in.ts'

export interface StandIn {
  /** Takes the requests of the edge. */
  readonly url: string
  readonly pid: number
  readonly edgePorts: readonly number[]
  /** Resolves when the connector has made all of its connections. */
  readonly registered: Promise<void>
  stop(): void
}

/** Connections that a connector makes by default. */
const addresses = 4

/** Starts the stand-in in a process of its own, whose CPU time is known. */
export async function startStandIn({ files }: Certificate): Promise<StandIn> {
  const child = fork(join(import.meta.dirname, 'stand-in.ts'), [...files, String(addresses)])
  const listening = Promise.withResolvers<Omit<StandIn, 'registered' | 'stop'>>()
  const registered = Promise.withResolvers<void>()
  child.on('message', (message: StandInMessage) => {
    if (message.kind === 'registered') {
      if (message.count === addresses) registered.resolve()
      return
    }
    // The cast is safe: a process that sends messages has an id.
    const pid = child.pid as number
    const url = `http://127.0.0.1:${message.httpPort}`
    listening.resolve({ url, pid, edgePorts: message.edgePorts })
  })
  child.once('exit', (code, by) => {
    const error = new Error(`the stand-in has ended (${by ?? code})`)
    listening.reject(error)
    registered.reject(error)
  })
  // Until somebody waits for it, its rejection is not an unhandled one.
  registered.promise.catch(() => {})
  return { ...(await listening.promise), registered: registered.promise, stop: () => child.kill() }
}
