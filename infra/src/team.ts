import { type NamedStage, type StageName, stageNames } from './config.ts'

/** Values of a stage that are a team's own, and no secrets. `npm run bootstrap` makes both clouds so. */
export interface TeamSettings {
  /** Address that gets the alerts of both clouds. */
  readonly alertEmail: string
  /** Version of `cloudflared` and the SHA-256 of its package, with a hyphen between (runbooks/first-deploy.md). */
  readonly cloudflared: string
  /** `OWNER/NAME` on GitHub. Its jobs of the environment with the stage's name may deploy. @default nobody's */
  readonly repository?: string
  /** ARN of the balancer's certificate. @default bootstrap requests one for the names of the tunnels */
  readonly certificate?: string
  /** Requests in 10 s from one address in one data centre; the zone refuses more before they reach the Worker. */
  readonly requestsPerAddress: number
}

const example: TeamSettings = {
  alertEmail: 'alerts@example.com',
  cloudflared: '2026.8.2-the digest of its package',
  // An office or a mobile operator has one address for thousands: this is against floods, not for fairness.
  requestsPerAddress: 5_000,
}

const settings: Readonly<Record<NamedStage, TeamSettings>> = {
  dev: example,
  staging: example,
  production: example,
}

/** Settings of a stage. A preview has those of `dev`, as it has its sizes. */
export const teamSettings = (stage: StageName): TeamSettings =>
  settings[stageNames.find((name) => name === stage) ?? 'dev']

/** Settings that still are this repository's examples, in words. */
export function teamPlaceholders({ alertEmail, cloudflared, repository }: TeamSettings): readonly string[] {
  const findings: string[] = []
  if (!/^\S+@\S+$/.test(alertEmail) || /@(?:[\w-]+\.)*example\.(?:com|net|org)$/.test(alertEmail))
    findings.push(`alertEmail is ${alertEmail}: put in your own`)
  if (!/^\d{4}\.\d+\.\d+-[0-9a-f]{64}$/.test(cloudflared))
    findings.push('cloudflared must be a version with a digest, as in runbooks/first-deploy.md')
  if (repository !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(repository))
    findings.push(`repository is ${repository}: must be OWNER/NAME`)
  return findings
}
