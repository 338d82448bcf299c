import {
  connectorsOf,
  databaseClasses,
  databaseClassNames,
  documentDbOf,
  hoursPerMonth,
  prices,
  type StageConfig,
  service,
  tiered,
} from './infra.ts'
import { type Scenario, usersAt } from './scenario.ts'

const million = 1_000_000
const secondsPerHour = 3_600
const diskGib = 16
/** An answer with its headers, GB: as in infra's workload. */
const answerGb = 1_500 / 1e9

/** Fixed cost, dollars an hour: everything but origin instances. */
export function standingDollarsPerHour(stage: StageConfig): number {
  const { network, tunnel } = stage
  const database = documentDbOf(stage)
  const { documentDb, nat, balancer, cloudflare } = prices
  return (
    database.instances * documentDb.instanceHour[database.instanceClass] +
    network.natGateways * nat.hour +
    balancer.hour +
    connectorsOf(tunnel, 'min') * instanceDollarsPerHour(tunnel.instanceType) +
    cloudflare.plan / hoursPerMonth
  )
}

/** @throws {RangeError} for a type that the price table does not know */
export function instanceDollarsPerHour(type: string): number {
  const price = prices.ec2[type]
  if (price === undefined) throw new RangeError(`infra's price table has no ${type}`)
  return price
}

/** A disk, kept also while an instance of the warm pool is stopped. */
export const diskDollarsPerHour = (diskGib * prices.ebsGp3GibMonth) / hoursPerMonth

export interface EdgeSecond {
  readonly requests: number
  readonly originReads: number
  readonly originWrites: number
}

/** Dollars for items that are billed per request, at the price of the last million. */
export function requestDollars({ requests, originReads, originWrites }: EdgeSecond): number {
  const { cloudflare, egressGb, nat, balancer, documentDb } = prices
  const gb = (originReads + originWrites) * answerGb
  const last = (tiers: readonly { readonly perUnit: number }[]): number => tiers.at(-1)?.perUnit ?? 0
  const worker = last(cloudflare.requests) + service.edgeCpuMs * last(cloudflare.cpuMs)
  const bytes = (egressGb[1]?.perUnit ?? 0) + nat.perGb + balancer.lcuHour
  const ios = originReads * service.iosPerRead + originWrites * service.iosPerWrite
  return requests * worker + gb * bytes + ios * documentDb.ios
}

/** Cost of the first design under the same demand. */
export interface LambdaCost {
  readonly requests: number
  readonly dollars: number
  readonly perMillion: number
}

/**
 * API Gateway, a function per request, and DocumentDB, under favourable assumptions: it answers everything, its
 * functions are always warm and unlimited, its database has the size for the peak, and volume discounts are those of a
 * month at the scenario's rate. The REST gateway, since the story's timeout of 29 s is that of REST APIs.
 */
export function lambdaCost(
  scenario: Scenario,
  { thinkSeconds, writeShare }: { readonly thinkSeconds: number; readonly writeShare: number },
  gateway: 'rest' | 'http' = 'rest',
): LambdaCost {
  let [requests, peakPerSecond] = [0, 0]
  for (let second = 0; second < scenario.seconds; second += 1) {
    const perSecond = usersAt(scenario, second) / thinkSeconds
    requests += perSecond
    peakPerSecond = Math.max(peakPerSecond, perSecond)
  }
  const hours = scenario.seconds / secondsPerHour
  const monthly = (requests / hours) * hoursPerMonth
  const { apiGateway, lambda, egressGb, nat, documentDb } = prices
  const perRequest =
    tiered(apiGateway[gateway], monthly) / monthly +
    lambda.request +
    (service.lambdaMs / 1_000) * service.lambdaMemoryGb * lambda.gbSecondArm +
    tiered(egressGb, monthly * answerGb) / monthly +
    ((1 - writeShare) * service.iosPerRead + writeShare * service.iosPerWrite) * documentDb.ios
  const vcpus = (peakPerSecond * service.plainDatabaseCpuMs) / 1_000 / service.databaseUtilization
  const instanceClass =
    databaseClassNames.find(
      (name) => databaseClasses[name].memoryGib >= 16 && databaseClasses[name].vcpus >= vcpus,
    ) ?? 'r6g.16xlarge'
  const perHour = 3 * documentDb.instanceHour[instanceClass] + 3 * nat.hour
  const dollars = requests * perRequest + hours * perHour
  return { requests, dollars, perMillion: (dollars / requests) * million }
}
