import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWorkerProcess } from './worker-process.ts'

let folder: string
let server: Server
let certificate: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-tls-'))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1']
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync('openssl', ['req', '-x509', ...kind, ...name, '-out', cert, '-keyout', key], {
    stdio: 'ignore',
  })
  certificate = await readFile(cert, 'utf8')
  server = createServer({ cert: certificate, key: await readFile(key) }, (_request, response) => {
    response.end('over TLS')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

const forwarder = `export default {
  async fetch(request, { TARGET }) {
    try {
      return await fetch(TARGET)
    } catch (error) {
      return new Response(String(error), { status: 502 })
    }
  },
}`

async function forwarded(trustedCertificates: readonly string[]): Promise<string> {
  const scriptFile = join(folder, 'forwarder.js')
  await writeFile(scriptFile, forwarder)
  const TARGET = `https://localhost:${(server.address() as AddressInfo).port}`
  const worker = await startWorkerProcess(
    { scriptFile, compatibilityDate: '2026-08-01', compatibilityFlags: [] },
    { variables: { TARGET }, trustedCertificates },
  )
  try {
    return await (await fetch(worker.url)).text()
  } finally {
    await worker.stop()
  }
}

it('sends requests over TLS, to servers whose certificate it is told to trust', async () => {
  expect(await forwarded([certificate])).toBe('over TLS')
  expect(await forwarded([])).not.toBe('over TLS')
})
