import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { mongodbUri } from './support/database.ts'
import { type OriginProcess, runOrigin, startOriginProcess } from './support/origin-process.ts'

/** As deployed on an instance: HTTPS with a self-signed certificate (infra/instance/configure.ts). */
const database = `tls-${randomUUID().slice(0, 8)}`
let folder: string
let tls: { TLS_CERTIFICATE_FILE: string; TLS_KEY_FILE: string }
let origin: OriginProcess | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-tls-'))
  tls = await certificate('own')
})
afterEach(async () => {
  origin?.child.signal('SIGKILL')
  await origin?.exited
  origin = undefined
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  const client = new MongoClient(mongodbUri())
  await client.db(database).dropDatabase()
  await client.close()
})

async function certificate(name: string): Promise<typeof tls> {
  const [certificateFile, keyFile] = ['certificate', 'key'].map((part) => join(folder, `${name}-${part}.pem`))
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile as string]
  const file = ['-subj', '/CN=spillway-origin', '-days', '1', '-out', certificateFile as string]
  execFileSync('openssl', ['req', '-x509', ...key, ...file], { stdio: 'ignore' })
  return { TLS_CERTIFICATE_FILE: certificateFile as string, TLS_KEY_FILE: keyFile as string }
}

/** Trusts only this certificate, for any host name. */
const trusting = async (): Promise<Agent> =>
  new Agent({
    keepAlive: true,
    ca: await readFile(tls.TLS_CERTIFICATE_FILE),
    checkServerIdentity: () => undefined,
  })

const get = (path: string, port: number, agent: Agent): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
    asked.on('error', reject).end()
  })

it.each(['1', '2'])('%s process(es): answers over TLS alone, and drains with 0', async (processes) => {
  origin = await startOriginProcess(database, { ...tls, PROCESSES: processes })
  const agent = await trusting()
  expect(await get('/livez', origin.port, agent)).toBe(200)
  expect(await get('/readyz', origin.port, agent)).toBe(200)
  // Requests without an assertion are refused as usual.
  expect(await get('/v2/places', origin.port, agent)).toBe(401)
  await expect(origin.send('GET', '/livez')).rejects.toThrow()
  await expect(get('/livez', origin.port, new Agent())).rejects.toThrow(/self-signed/)
  origin.child.signal('SIGTERM')
  expect(await origin.exited).toBe(0)
})

it('does not start with another certificate’s key, and prints nothing of it', async () => {
  const other = await certificate('other')
  const { exited, output } = await runOrigin({
    PORT: '0',
    MONGODB_URI: mongodbUri(),
    EDGE_ASSERTION_JWKS: '{"keys":[]}',
    ...tls,
    TLS_KEY_FILE: other.TLS_KEY_FILE,
  })
  expect(await exited).toBe(1)
  expect(output()).toContain('TLS_CERTIFICATE_FILE and TLS_KEY_FILE cannot be used')
  expect(output()).not.toContain('PRIVATE KEY')
})

it('does not start with a file that is no PEM, and prints nothing of it', async () => {
  const file = join(folder, 'text')
  await writeFile(file, 'swordfish')
  const { exited, output } = await runOrigin({
    PORT: '0',
    MONGODB_URI: mongodbUri(),
    EDGE_ASSERTION_JWKS: '{"keys":[]}',
    TLS_CERTIFICATE_FILE: file,
    TLS_KEY_FILE: file,
  })
  expect(await exited).toBe(1)
  expect(output()).toContain('TLS_CERTIFICATE_FILE and TLS_KEY_FILE cannot be used')
  expect(output()).not.toContain('swordfish')
})
