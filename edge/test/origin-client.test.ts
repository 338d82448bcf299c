import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBoundedBody } from '../src/cache/engine/bounded-body.ts'
import { Deadline } from '../src/http/deadline.ts'
import { type OriginRequest, sendToOrigin } from '../src/http/origin-client.ts'

let server: Server
let url: string
let answer: RequestListener

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // The cast is safe: it listens on a port.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const send = (timeMs: number, own: Partial<OriginRequest> = {}) =>
  sendToOrigin({
    ...{ method: 'GET', url, headers: {}, body: null, signal: undefined, bodyTimeoutMs: 20 },
    deadline: new Deadline(Date.now() + timeMs, Date.now()),
    ...own,
  })

/** An answer's body as the cache reads it. */
async function read(own?: Partial<OriginRequest>) {
  const sent = await send(200, own)
  if (sent.kind !== 'answer') throw new Error(sent.kind)
  return readBoundedBody(sent.reply, 1_000)
}

describe.each([
  ['that only time can end', {}],
  ['that its client can end', { signal: new AbortController().signal }],
])('a request %s', (_, own) => {
  it.each([
    ['of a declared length', { 'content-length': '10' }],
    ['in chunks', {}],
    ['with a content coding', { 'content-length': '10', 'content-encoding': 'x-other' }],
  ])('does not wait for ever for a body %s that stalls', { timeout: 20_000 }, async (__, fields) => {
    answer = (___, response) => response.writeHead(200, fields).write('half')
    await expect(read(own)).rejects.toThrow()
  })

  it('is late where no header comes', async () => {
    answer = () => {}
    expect(await send(20, own)).toEqual({ kind: 'timeout' })
  })

  it('is unreachable where the connection breaks, or the request cannot be sent', async () => {
    answer = ({ socket }) => socket.destroy()
    expect(await send(5_000, own)).toEqual({ kind: 'unreachable' })
    expect(await send(5_000, { ...own, headers: { 'a field': '' } })).toEqual({ kind: 'unreachable' })
  })

  it.each([
    ['a HEAD that declares a length', 'HEAD', 200, { 'content-length': '900' }],
    ['a HEAD that declares too much', 'HEAD', 200, { 'content-length': '9000' }],
    ['a 304 that declares a length', 'GET', 304, { 'content-length': '900' }],
    ['a 204', 'GET', 204, {}],
  ])('has no body: %s', async (__, method, status, fields) => {
    answer = (___, response) => response.writeHead(status, fields).end()
    expect(await read({ ...own, method })).toEqual({ kind: 'complete', bytes: null })
  })

  it('has an empty body where none is declared', async () => {
    answer = (__, response) => response.writeHead(200, { 'content-length': '0' }).end()
    expect(await read(own)).toMatchObject({ kind: 'complete' })
  })

  it('fails where the body ends before its declared length', async () => {
    answer = (__, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy())
    }
    await expect(read(own)).rejects.toThrow()
  })
})
