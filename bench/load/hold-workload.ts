import { type Credentials, holdCredentials } from './credentials.ts'
import { learnEtags } from './learn-etags.ts'
import { askFor, type OperationMix } from './operation-mix.ts'
import type { Random } from './random.ts'
import { type Asking, type Mix, Workload } from './workload.ts'

export interface HoldOptions {
  /** Target of the ETags' requests. It must have been checked (target-guard.ts). */
  readonly target: string
  readonly ids: readonly string[]
  readonly mix: Mix | OperationMix
  readonly credentials: Credentials
}

/** Workload with credentials that are renewed until `stop`, ready for its first call. */
export async function holdWorkload(
  { target, ids, mix, credentials }: HoldOptions,
  random: Random,
): Promise<{ readonly workload: Asking; stop(): void }> {
  const { headersOf, stop } = await holdCredentials(credentials)
  if ('operations' in mix) return { workload: askFor(mix, headersOf, random), stop }
  const workload = new Workload({ mix, ids, headersOf, random })
  await learnEtags(target, workload, headersOf(0))
  return { workload, stop }
}
