import { join } from 'node:path'
import { edgeVariables } from '@spillway/edge/dev/edge-variables'
import { trustedIssuer } from '@spillway/edge/dev/issuer'
import { assertionAlgorithm, createKey, publicKeySet } from '@spillway/edge/dev/keys'
import { originEnv } from '@spillway/origin/contract'
import { startOrigin } from '@spillway/origin/dev/origin-process'
import { startEdgeProcess } from '../edge/edge-process.ts'
import type { DesignContext, StartedDesign } from './design-context.ts'
import { atScale, fullScale } from './full-scale.ts'

/** Connections that Spillway may have at a scale: its pool, and the driver's monitoring connection. */
export const spillwayBudget = (scale: number): number => atScale(fullScale.spillway.poolSize, scale) + 1

/** Spillway as deployed: the bundled Worker in workerd and one origin, whose pool is scaled like everything else. */
export async function startSpillway({
  arena,
  databaseUri,
  scale,
  closing,
}: DesignContext): Promise<StartedDesign> {
  const key = await createKey(assertionAlgorithm)
  const origin = await startOrigin({
    databaseUri,
    databaseName: arena.databases.spillway,
    edgeKeys: JSON.stringify(publicKeySet(key)),
    logFile: join(arena.logFolder, 'origin.log'),
    application: arena.application,
    env: {
      NODE_ENV: 'production',
      [originEnv.poolSize]: String(atScale(fullScale.spillway.poolSize, scale)),
    },
  })
  closing.defer(() => origin.stop())
  const edge = await startEdgeProcess(
    edgeVariables({
      originUrls: [origin.url],
      trustedIssuers: [trustedIssuer(arena.issuer)],
      assertionKey: key,
    }),
    arena.application,
  )
  closing.defer(() => edge.stop())
  return { url: edge.url }
}
