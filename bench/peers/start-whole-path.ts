import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { edgeVariables } from '@spillway/edge/dev/edge-variables'
import { type Issuer, trustedIssuer } from '@spillway/edge/dev/issuer'
import { assertionAlgorithm, createKey, publicKeySet } from '@spillway/edge/dev/keys'
import type { WorkerOptions } from '@spillway/edge/dev/worker-process'
import { originEnv } from '@spillway/origin/contract'
import type { WhichApplication } from '@spillway/origin/dev/application-files'
import { startOrigin } from '@spillway/origin/dev/origin-process'
import { startEdgeProcess } from '../edge/edge-process.ts'
import type { Run } from '../measure/run.ts'

/** Target of the load, and the processes whose CPU time counts. */
export interface Subject {
  readonly name: string
  readonly url: string
  readonly pids: Readonly<Record<'edge' | 'server', readonly number[]>>
}

export interface WholePathOptions {
  readonly databaseUri: string
  readonly databaseName: string
  /** @default the origin's own */
  readonly poolSize?: number
  readonly issuer: Issuer
  /** @default 'own' */
  readonly application?: WhichApplication
  /** Further variables of the origin. */
  readonly originEnv?: Readonly<Record<string, string>>
  /** Debugger and flags of the edge's process. @default none */
  readonly edgeProcess?: Pick<WorkerOptions, 'inspectorPort' | 'v8Flags'>
}

/** Spillway as deployed: the Worker, and the origin behind it. */
export async function startWholePath(
  { closing }: Pick<Run, 'closing'>,
  { databaseUri, databaseName, poolSize, issuer, application = 'own', ...options }: WholePathOptions,
): Promise<Pick<Subject, 'url' | 'pids'>> {
  const logFolder = await mkdtemp(join(tmpdir(), 'spillway-peers-'))
  closing.defer(() => rm(logFolder, { recursive: true, force: true }))
  const key = await createKey(assertionAlgorithm)
  const origin = await startOrigin({
    databaseUri,
    databaseName,
    application,
    edgeKeys: JSON.stringify(publicKeySet(key)),
    logFile: join(logFolder, 'origin.log'),
    env: {
      NODE_ENV: 'production',
      ...(poolSize !== undefined && { [originEnv.poolSize]: String(poolSize) }),
      ...options.originEnv,
    },
  })
  closing.defer(() => origin.stop())
  const edge = await startEdgeProcess(
    edgeVariables({ originUrls: [origin.url], trustedIssuers: [trustedIssuer(issuer)], assertionKey: key }),
    application,
    options.edgeProcess,
  )
  closing.defer(() => edge.stop())
  return { url: edge.url, pids: { edge: [edge.pid], server: [origin.child.pid] } }
}
