import { join } from 'node:path'
import type { BalancerSettings, BaselineSettings } from './baseline-settings.ts'
import type { DesignContext, StartedDesign } from './design-context.ts'
import { atScale, fullScale } from './full-scale.ts'
import { startProgram } from './start-program.ts'

/** The second design: plain Fastify behind a balancer. The gateway checks tokens, and nothing sheds load. */
export async function startSecondDesign({
  arena,
  databaseUri,
  scale,
  closing,
}: DesignContext): Promise<StartedDesign> {
  const { instances, poolSize, gatewayTimeoutMs } = fullScale.second
  const { url, jwksUri, audience } = arena.issuer
  const common: BaselineSettings = {
    databaseUri,
    databaseName: arena.databases.others,
    issuer: { url, jwksUri, audience },
    gatewayTimeoutMs,
  }
  // Connections of all instances together. A small scale has fewer instances than the full size.
  const connections = atScale(instances * poolSize, scale)
  const count = Math.min(2, connections)
  const urls: string[] = []
  for (let i = 0; i < count; i++) {
    const poolSize = Math.max(1, Math.floor(connections / count))
    const logFile = join(arena.logFolder, `instance-${i}.log`)
    urls.push(await startProgram('fastify-instance.ts', { ...common, poolSize }, { closing, logFile }))
  }
  const settings: BalancerSettings = { ...common, instances: urls }
  const logFile = join(arena.logFolder, 'balancer.log')
  return { url: await startProgram('token-balancer.ts', settings, { closing, logFile }) }
}
