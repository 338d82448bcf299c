import { performance } from 'node:perf_hooks'
import { request } from 'undici'

export interface Asked {
  readonly url: string
  readonly token: string
  /** `text/csv` or `application/x-ndjson`. */
  readonly accept: string
}

export interface Taken {
  readonly bytes: number
  readonly lines: number
  /** Time from the request to the first byte of the body. */
  readonly firstByteMs: number
  readonly seconds: number
}

export const pathOfExport = '/v1/bookings'

/** Reads a whole export as fast as it arrives. @throws Error unless it succeeds and is complete */
export async function takeExport(asked: Asked): Promise<Taken> {
  const startMs = performance.now()
  const { body } = await ask(asked)
  let bytes = 0
  let lines = 0
  let firstByteMs = Number.NaN
  // The cast is safe: a body without an encoding yields buffers.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (bytes === 0) firstByteMs = performance.now() - startMs
    bytes += chunk.length
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1
  }
  return { bytes, lines, firstByteMs, seconds: (performance.now() - startMs) / 1_000 }
}

/** Reads the beginning of an export. @returns a function that closes the connection in the middle */
export async function beginExport(asked: Asked, bytesMin: number): Promise<() => void> {
  const { body } = await ask(asked)
  // The cast is safe: a body without an encoding yields buffers.
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  for (let bytes = 0; bytes < bytesMin; ) {
    const { done, value } = await chunks.next()
    if (done) throw new Error('the export has ended before its caller left')
    bytes += value.length
  }
  return () => void body.on('error', () => {}).destroy()
}

async function ask({ url, token, accept }: Asked) {
  const answer = await request(url + pathOfExport, {
    headers: { accept, authorization: `Bearer ${token}` },
    bodyTimeout: 60_000,
  })
  if (answer.statusCode === 200) return answer
  throw new Error(`the export is answered ${answer.statusCode}: ${await answer.body.text()}`)
}
