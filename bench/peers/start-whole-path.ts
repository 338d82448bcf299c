import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { originEnv } from '@spillway/origin/contract'
import { startEdgeProcess } from '../edge/edge-process.ts'
import type { Credentials } from '../load/credentials.ts'
import type { Run } from '../measure/run.ts'
import { edgeVariables } from '../stack/edge.ts'
import { startIssuer, trustedIssuer } from '../stack/issuer.ts'
import { assertionAlgorithm, createKey, publicKeySet } from '../stack/keys.ts'
import { startOrigin } from '../stack/origin.ts'

/** What is asked, and whose CPU time that takes. */
export interface Subject {
  readonly name: string
  readonly url: string
  readonly pids: Readonly<Record<'edge' | 'server', readonly number[]>>
  readonly credentials: Credentials
}

export interface WholePathOptions {
  readonly databaseUri: string
  readonly databaseName: string
  readonly poolSize: number
  /** Users, each with a token. */
  readonly users: number
}

/** Spillway as one would run it: the Worker in front, the origin behind it, and a token for each user. */
export async function startWholePath(
  { closing }: Pick<Run, 'closing'>,
  { databaseUri, databaseName, poolSize, users }: WholePathOptions,
): Promise<Omit<Subject, 'name'>> {
  const logFolder = await mkdtemp(join(tmpdir(), 'spillway-peers-'))
  closing.defer(() => rm(logFolder, { recursive: true, force: true }))
  const key = await createKey(assertionAlgorithm)
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  closing.defer(() => issuer.stop())
  const origin = await startOrigin({
    databaseUri,
    databaseName,
    edgeKeys: JSON.stringify(publicKeySet(key)),
    logFile: join(logFolder, 'origin.log'),
    env: { NODE_ENV: 'production', [originEnv.poolSize]: String(poolSize) },
  })
  closing.defer(() => origin.stop())
  const edge = await startEdgeProcess(
    edgeVariables({ originUrls: [origin.url], trustedIssuers: [trustedIssuer(issuer)], assertionKey: key }),
  )
  closing.defer(() => edge.stop())
  const mint = (user: number) => issuer.mintToken({ sub: `user-${user}`, scopes: ['places:write'] })
  const tokens = await Promise.all(Array.from({ length: users }, (_, user) => mint(user)))
  return {
    url: edge.url,
    pids: { edge: [edge.pid], server: [origin.child.pid] },
    credentials: { kind: 'headers', sets: tokens.map((token) => ({ authorization: `Bearer ${token}` })) },
  }
}
