import { join } from 'node:path'
import type { LambdaSettings } from './baseline-settings.ts'
import type { ColdStartKind } from './cold-start.ts'
import type { DesignContext, StartedDesign } from './design-context.ts'
import { atScale, fullScale } from './full-scale.ts'
import { startProgram } from './start-program.ts'

/** The first design: a gateway, and an execution environment for each request that is under way. */
export async function startLambda(
  { arena, databaseUri, scale, seed, closing }: DesignContext,
  coldStart: ColdStartKind,
): Promise<StartedDesign> {
  const { concurrencyMax, warm, gatewayTimeoutMs, functionTimeoutMs } = fullScale.lambda
  const { url, jwksUri, audience } = arena.issuer
  const settings: LambdaSettings = {
    databaseUri,
    databaseName: arena.databases.others,
    issuer: { url, jwksUri, audience },
    gatewayTimeoutMs,
    functionTimeoutMs,
    concurrencyMax: atScale(concurrencyMax, scale),
    warm: atScale(warm, scale),
    coldStart,
    seed,
  }
  const logFile = join(arena.logFolder, `lambda-${coldStart}.log`)
  return { url: await startProgram('lambda-gateway.ts', settings, { closing, logFile }) }
}
