import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { mongodBinary } from '@spillway/origin/dev/mongod-binary'
import { freePort } from '@spillway/origin/dev/ports'
import { MongoClient } from 'mongodb'

const run = promisify(execFile)

export interface TlsMongod {
  readonly port: number
  /** File of the authority that has signed its certificate. */
  readonly authority: string
  stop(): Promise<void>
}

/** A real mongod as DocumentDB looks from outside: TLS with a certificate of another name, and one user. */
export async function startTlsMongod(host: string, user: string, password: string): Promise<TlsMongod> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-tls-mongod-'))
  const [key, authority, pem] = ['key.pem', 'authority.pem', 'server.pem'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=database'],
    ...['-addext', `subjectAltName=DNS:${host}`, '-keyout', key, '-out', authority],
  ])
  await writeFile(pem, (await readFile(key, 'utf8')) + (await readFile(authority, 'utf8')))
  const port = await freePort()
  const { program } = await mongodBinary()
  await mkdir(join(folder, 'data'))
  const child = spawn(
    program,
    [
      ...['--dbpath', join(folder, 'data'), '--port', String(port), '--bind_ip', '127.0.0.1', '--auth'],
      ...['--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', pem],
    ],
    { stdio: 'ignore' },
  )
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // The first user of a server without any may be made from the same machine.
  const client = await new MongoClient(`mongodb://127.0.0.1:${port}/?tls=true&directConnection=true`, {
    tlsCAFile: authority,
    servername: host,
  }).connect()
  await client.db('admin').command({ createUser: user, pwd: password, roles: ['root'] })
  await client.close()
  return {
    port,
    authority,
    stop: async () => {
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
