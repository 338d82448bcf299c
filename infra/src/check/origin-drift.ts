import { originEnv, purgeCall } from '@spillway/origin/contract'
// The origin's own parser, since this check asks how the origin reads the settings.
import { ConfigError, parseConfig } from '../../../origin/src/config.ts'
import type { StageConfig } from '../config.ts'

/** Settings that `configure.ts` adds on the instance. */
const written = {
  [originEnv.mongodbUri]: 'mongodb://host/?replicaSet=rs0',
  [originEnv.edgeKeys]: 'file:///keys',
  [originEnv.purgeKey]: 'k'.repeat(purgeCall.keyLengthMin),
  [originEnv.webhookKey]: 'k'.repeat(purgeCall.keyLengthMin),
}

/** Settings that the origin would reject, or read differently than intended. */
export function originDrift(
  { stage, origin }: StageConfig,
  settings: ReadonlyMap<string, string>,
): readonly string[] {
  try {
    const config = parseConfig({ ...Object.fromEntries(settings), ...written })
    const meant: readonly (readonly [string, number, number])[] = [
      [originEnv.processes, config.processes, origin.processesPerInstance],
      [originEnv.poolSize, config.mongodb.poolSize, origin.poolSize],
      [originEnv.drainTimeoutMs, config.drainTimeoutMs, origin.drainTimeoutMs],
    ]
    return meant
      .filter(([, read, wanted]) => read !== wanted)
      .map(([name, read, wanted]) => `${stage}: the origin reads ${name} as ${read}, not as ${wanted}`)
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes.map((mistake) => `${stage}: ${mistake}`)
    throw error
  }
}
