import { edgeHealthPath } from '@spillway/origin/contract'
import { messageOf } from '@spillway/origin/dev/message-of'
import { readEdgeEnvironments } from '../../src/check/edge-environments.ts'
import type { StageConfig } from '../../src/config.ts'
import { edgeSigns, type LogLine } from '../edge-log.ts'
import type { Signs } from '../signs.ts'
import type { AwsReader } from './aws-reader.ts'
import type { CloudflareReader } from './cloudflare-reader.ts'
import { edgeLines } from './edge-analytics.ts'

/** Addresses and names of a stage's edge. */
export interface StagePlaces {
  readonly edgeUrl: string
  readonly keySetUrls: readonly string[]
  readonly dataset: string
  /** Id of the namespace of the switches. */
  readonly namespace: string
  /** Name of the Worker. */
  readonly worker: string
}

/** Periods of figures that come by the minute, ms. */
export const stagePeriods = { windowMs: 300_000, recentMs: 180_000, formerMs: 720_000 }

/** Observes a deployed stage by what it reports: the same signs as of a laptop, one to two minutes late. */
export async function observeStage(
  places: StagePlaces,
  { aws, cloudflare }: { readonly aws: AwsReader; readonly cloudflare: CloudflareReader },
): Promise<{ readonly signs: Signs; readonly lines: readonly LogLine[] }> {
  const blind: string[] = []
  // A cloud whose API is down may be the very cause: the other one is observed all the same.
  const seen = async <T>(what: string, asked: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await asked
    } catch (error) {
      blind.push(`${what}: ${messageOf(error)}`)
      return otherwise
    }
  }
  const [health, lines, control, origins, ways, database, issuers] = await Promise.all([
    answerOf(places.edgeUrl + edgeHealthPath),
    seen('answers of the edge', edgeLines(cloudflare.analytics, places.dataset), []),
    seen('switches', cloudflare.control(places.namespace), []),
    seen('origins', aws.origins(), []),
    seen('tunnels', aws.ways(), []),
    seen('database', aws.database(), undefined),
    Promise.all(
      places.keySetUrls.map(async (url) => ({
        name: new URL(url).origin,
        isReachable: (await answerOf(url)) === 200,
      })),
    ),
  ])
  const own = edgeSigns(lines, Date.now(), stagePeriods)
  // An edge that cannot read its configuration answers everything with 500, and writes no points.
  const faults =
    health !== undefined && health >= 500
      ? [{ what: 'configuration', where: 'the edge', message: `${edgeHealthPath} was answered ${health}` }]
      : own.faults
  const edge = { ...own, isReachable: health !== undefined, faults }
  return {
    signs: { edge, origins, issuers, ways, control, blind, ...(database !== undefined && { database }) },
    lines,
  }
}

/** Status of an answer; `undefined` if there is none in time. */
async function answerOf(url: string): Promise<number | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) })
    await answer.body?.cancel()
    return answer.status
  } catch {
    return undefined
  }
}

/** Places of a stage, from `edge/wrangler.jsonc`. @throws Error that names what is not there */
export function stagePlaces({ stage }: StageConfig, edgeFolder?: string): StagePlaces {
  const environment = readEdgeEnvironments(edgeFolder).get(stage)
  const [host] = environment?.routes ?? []
  const namespace = environment?.kvNamespaces.find(({ binding }) => binding === 'CONTROL')?.id
  const dataset = environment?.analytics?.find(({ binding }) => binding === 'ANALYTICS')?.dataset
  const missing = [
    ...(host === undefined ? ['a route'] : []),
    ...(namespace === undefined ? ['the namespace CONTROL'] : []),
    ...(dataset === undefined ? ['the data set ANALYTICS'] : []),
  ]
  if (host === undefined || namespace === undefined || dataset === undefined)
    throw new Error(`edge/wrangler.jsonc has no ${missing.join(' and no ')} for ${stage}`)
  // The cast is safe: `deploy:check` reads the same variable, and refuses what is no list of issuers.
  const issuers = JSON.parse(String(environment?.vars.TOKEN_ISSUERS ?? '[]')) as readonly {
    jwksUri?: string
  }[]
  return {
    edgeUrl: `https://${host.replace(/\/.*$/, '')}`,
    keySetUrls: issuers.flatMap(({ jwksUri }) => (jwksUri === undefined ? [] : [jwksUri])),
    namespace,
    dataset,
    worker: environment?.name ?? '',
  }
}
