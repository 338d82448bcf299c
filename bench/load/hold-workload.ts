import { type Credentials, holdCredentials } from './credentials.ts'
import { learnEtags } from './learn-etags.ts'
import type { Random } from './random.ts'
import { type Mix, Workload } from './workload.ts'

export interface HoldOptions {
  /** Target that has been checked, so that ETags may be read from it. */
  readonly target: string
  readonly ids: readonly string[]
  readonly mix: Mix
  readonly credentials: Credentials
}

/** Workload with credentials that are renewed until `stop`, ready for its first call. */
export async function holdWorkload(
  { target, ids, mix, credentials }: HoldOptions,
  random: Random,
): Promise<{ readonly workload: Workload; stop(): void }> {
  const { headersOf, stop } = await holdCredentials(credentials)
  const workload = new Workload({ mix, ids, headersOf, random })
  await learnEtags(target, workload, headersOf(0))
  return { workload, stop }
}
