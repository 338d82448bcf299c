import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { headers as names, type Principal } from '@spillway/origin/contract'
import { assertionOf } from './assertions.ts'

/**
 * Follows a feed as a client that is interrupted all the time: it is connected for up to two seconds, by a stream or by
 * asking for pages, and comes back to any origin after the last position that it was told.
 */
export class FeedReader {
  /** Positions of the changes that it was told, in the order in which it was. */
  readonly told: number[] = []
  position = 0
  readonly #as: Principal
  readonly #path: string
  readonly #ports: () => readonly number[]
  readonly #isStream: boolean

  /** @param path of the feed */
  constructor(subject: string, path: string, options: { ports: () => readonly number[]; isStream: boolean }) {
    this.#as = { subject, scopes: [] }
    this.#path = path
    this.#ports = options.ports
    this.#isStream = options.isStream
  }

  /** Follows until the function says so. */
  async follow(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const ports = this.#ports()
      const port = ports[Math.floor(Math.random() * ports.length)]
      try {
        if (port === undefined) throw new Error('no origin runs')
        await this.#connect(port)
      } catch {
        // The process was killed, or refuses while it starts. Without the wait, nothing else would run in this process.
        await sleep(20)
      }
    }
  }

  async #connect(port: number): Promise<void> {
    const signal = AbortSignal.timeout(Math.ceil(Math.random() * 2_000))
    const query = this.#isStream ? '' : `?after=${this.position}&wait=25`
    const headers = {
      [names.assertion]: await assertionOf(this.#as),
      ...(this.#isStream && { accept: 'text/event-stream', 'last-event-id': String(this.position) }),
    }
    const sent = request({
      ...{ host: '127.0.0.1', port, path: this.#path + query, headers, agent: false, signal },
    })
    sent.on('error', () => {})
    sent.end()
    // The cast is safe: the event has one argument, the answer.
    const [answer] = (await once(sent, 'response', { signal })) as [IncomingMessage]
    answer.setEncoding('utf8')
    if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`)
    let text = ''
    for await (const chunk of answer) {
      text += chunk
      if (this.#isStream) text = this.#takeEvents(text)
    }
    if (this.#isStream) return
    const { items, next } = JSON.parse(text)
    for (const { position } of items) this.told.push(Number(position))
    this.position = Number(next)
  }

  /** Takes the complete events of a text, and returns the rest. */
  #takeEvents(text: string): string {
    const blocks = text.split('\n\n')
    const rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split('\n')
      const id = lines.find((line) => line.startsWith('id: '))
      if (id === undefined) continue
      this.position = Number(id.slice(4))
      if (lines.some((line) => line.startsWith('data: '))) this.told.push(this.position)
    }
    return rest
  }
}
