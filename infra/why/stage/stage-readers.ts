import { type NamedStage, stageNames } from '../../src/config.ts'
import { stages } from '../../src/stages.ts'
import { AwsReader } from './aws-reader.ts'
import { CloudflareReader } from './cloudflare-reader.ts'
import { type StagePlaces, stagePlaces } from './observe-stage.ts'

/** Everything by which a stage is observed. */
export interface StageReaders {
  readonly places: StagePlaces
  readonly aws: AwsReader
  readonly cloudflare: CloudflareReader
}

export const stageUsage = [
  'A stage is read with credentials that change nothing: those of AWS with the policy ObserverPolicy and AWS_REGION, and',
  'CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN with the permissions to read Account Analytics, Workers KV Storage and',
  'Workers Scripts.',
].join('\n')

/** @throws Error that names the variables that are missing */
export function stageReaders(name: string, env: NodeJS.ProcessEnv): StageReaders {
  const stage = stageNames.find((each): each is NamedStage => each === name)
  if (stage === undefined) throw new Error(`no stage ${name}: one of ${stageNames.join(', ')}`)
  const { AWS_REGION: region, CLOUDFLARE_ACCOUNT_ID: accountId, CLOUDFLARE_API_TOKEN: token } = env
  if (region === undefined || accountId === undefined || token === undefined) {
    const wanted = { AWS_REGION: region, CLOUDFLARE_ACCOUNT_ID: accountId, CLOUDFLARE_API_TOKEN: token }
    const missing = Object.keys(wanted).filter((key) => env[key] === undefined)
    throw new Error(`set ${missing.join(', ')}\n${stageUsage}`)
  }
  const { CLOUDFLARE_API_BASE_URL: baseUrl } = env
  const config = stages[stage]
  return {
    places: stagePlaces(config),
    aws: new AwsReader(config, { region }),
    cloudflare: new CloudflareReader({ accountId, token, baseUrl }),
  }
}
