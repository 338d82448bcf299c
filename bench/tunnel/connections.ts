import { randomBytes } from 'node:crypto'
import { type ClientHttp2Session, connect } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { capability, done, readMessage, registered, takeFrames } from './capnp.ts'

/** Method of `RegistrationServer` (tunnelrpc.capnp). */
const registerConnection = 0

/** Largest number of bytes on the way to the stand-in: one slow reader must not stop the others. */
const windowBytes = 8 * 2 ** 20

/**
 * Connections of a connector. `cloudflared` dials, and then is the HTTP/2 server of its own connection: Cloudflare's
 * side asks.
 */
export class Connections {
  readonly #registered: ClientHttp2Session[] = []
  #next = 0

  get count(): number {
    return this.#registered.length
  }

  /** Takes turns. `undefined`: no connector is registered. */
  next(): ClientHttp2Session | undefined {
    this.#next = (this.#next + 1) % Math.max(1, this.#registered.length)
    return this.#registered[this.#next]
  }

  /** @param onRegistered is called once `cloudflared` has its answer */
  add(socket: TLSSocket, onRegistered: () => void): void {
    const session = connect('https://connector.invalid', {
      createConnection: () => socket,
      settings: { initialWindowSize: windowBytes, enablePush: false },
    })
    session.once('connect', () => session.setLocalWindowSize(windowBytes))
    session.on('error', () => session.destroy())
    session.once('close', () => {
      const index = this.#registered.indexOf(session)
      if (index >= 0) this.#registered.splice(index, 1)
    })
    answerRegistration(session, () => {
      this.#registered.push(session)
      onRegistered()
    })
  }
}

/** Opens the control stream, on which the connector calls the methods of `RegistrationServer`. */
function answerRegistration(session: ClientHttp2Session, onRegistered: () => void): void {
  const stream = session.request(
    { ':method': 'POST', ':path': '/', 'cf-cloudflared-proxy-connection-upgrade': 'control-stream' },
    { endStream: false },
  )
  let pending: Buffer = Buffer.alloc(0)
  stream.on('error', () => session.destroy())
  stream.on('data', (part: Buffer) => {
    const { segments, rest } = takeFrames(Buffer.concat([pending, part]))
    pending = rest
    for (const segment of segments) {
      const asked = readMessage(segment)
      if (asked.kind === 'bootstrap') stream.write(capability(asked.questionId))
      else if (asked.kind === 'call' && asked.method === registerConnection) {
        stream.write(registered(asked.questionId, randomBytes(16)), onRegistered)
      } else if (asked.kind === 'call') stream.write(done(asked.questionId))
    }
  })
}
