import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Certificate, createCertificate } from '../measure/certificate.ts'
import { edgeName } from '../tunnel/cloudflared.ts'
import { type StandIn, startStandIn } from '../tunnel/start-stand-in.ts'

/**
 * A connector in this process, for machines without `cloudflared`: the messages are those that cloudflared 2026.8.2
 * sends (`tunnel/capnp.test.ts`), with the registration's parameters left out.
 */
const bootstrap =
  '000000000500000000000000010001000800000000000000000000000100010000000000000000000000000000000000'
const register =
  '000000000b000000000000000100010002000000000000000000000003000300' +
  '01000000000000009754e87fec9516f700000000000000000800000001000100' +
  '00000000000000000000000000000000' +
  '00000000000000000000000000000000'

const field = (name: string, value: string) =>
  [name, value].map((text) => Buffer.from(text).toString('base64').replaceAll('=', '')).join(':')

let folder: string
let certificate: Certificate
let standIn: StandIn
const sessions: ServerHttp2Session[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-tunnel-test-'))
  certificate = createCertificate(folder, [edgeName])
  standIn = await startStandIn(certificate)
})

afterAll(async () => {
  for (const session of sessions) session.destroy()
  standIn.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Dials, serves HTTP/2 on the connection, and answers each request with its number and what it got. */
async function dial(port: number, number: number): Promise<void> {
  const ca = await readFile(certificate.files[0])
  const socket = connect({ host: '127.0.0.1', port, servername: edgeName, ca })
  await once(socket, 'secureConnect')
  const session = performServerHandshake(socket)
  sessions.push(session)
  session.on('error', () => {})
  session.on('stream', (stream: ServerHttp2Stream, headers) => {
    if (headers['cf-cloudflared-proxy-connection-upgrade'] === 'control-stream') {
      stream.respond({ ':status': 200 })
      stream.write(Buffer.from(bootstrap, 'hex'))
      stream.write(Buffer.from(register, 'hex'))
      return
    }
    const got: Buffer[] = []
    stream.on('data', (part: Buffer) => got.push(part))
    stream.on('end', () => {
      stream.respond({
        ':status': 201,
        'cf-cloudflared-response-headers': [field('Etag', '"1"'), field('Connection', 'close')].join(';'),
      })
      const { ':method': method, ':path': path, 'x-own': own } = headers
      stream.end(JSON.stringify({ number, method, path, own, body: Buffer.concat(got).toString() }))
    })
  })
}

it('answers 530 before a connector is registered, and then asks its connections in turn', async () => {
  expect((await fetch(standIn.url)).status).toBe(530)
  await Promise.all(standIn.edgePorts.map(dial))
  await standIn.registered
  const numbers = new Set<number>()
  for (let count = 0; count < standIn.edgePorts.length; count += 1) {
    const response = await fetch(`${standIn.url}/v2/places?limit=1`, { headers: { 'x-own': 'a' } })
    expect([response.status, response.headers.get('etag')]).toEqual([201, '"1"'])
    expect(response.headers.get('connection')).not.toBe('close')
    // The cast is safe: `dial` wrote it.
    const { number, ...got } = (await response.json()) as { readonly number: number }
    numbers.add(number)
    expect(got).toEqual({ method: 'GET', path: '/v2/places?limit=1', own: 'a', body: '' })
  }
  expect(numbers.size).toBe(standIn.edgePorts.length)
  const posted = await fetch(standIn.url, { method: 'POST', body: 'text' })
  expect(await posted.json()).toMatchObject({ method: 'POST', path: '/', body: 'text' })
})
