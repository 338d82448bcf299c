import { type Bill, bill, count, type Item } from './bill.ts'
import { databaseItems } from './database-cost.ts'
import { edgeItems } from './edge-cost.ts'
import { hoursPerMonth, prices, tiered } from './prices.ts'
import { service, trafficOf, type Workload } from './workload.ts'

export interface FunctionsDesign {
  /**
   * Front of the functions. `http`: the cheaper gateway, with its own token check; `rest`: with caching, API keys and
   * request checks; `url`: none, the function's own URL.
   */
  readonly gateway: 'http' | 'rest' | 'url'
  /** Whether Spillway's Worker and cache stand in front. */
  readonly edge: boolean
}

/**
 * A month of a Lambda function per request and DocumentDB. Behind the REST gateway and without an edge, that is the
 * design that Spillway started from. The assumptions favour it: functions always warm, no provisioned concurrency, no
 * database proxy, the same share of logging as Spillway, the gateway's own token check.
 */
export function functionsCost(workload: Workload, { gateway, edge }: FunctionsDesign): Bill {
  const traffic = trafficOf(workload)
  const requests = edge ? traffic.originRequests : traffic.requestsPerMonth
  const peakPerSecond = edge ? traffic.originPeakPerSecond : traffic.peakPerSecond
  const gb = (requests * workload.answerBytes) / 1e9
  const gbSeconds = (requests * service.lambdaMs * service.lambdaMemoryGb) / 1_000
  const concurrency = Math.ceil((peakPerSecond * service.lambdaMs) / 1_000)
  const logGb = (requests * service.logShare * service.logBytes) / 1e9
  return bill(nameOf({ gateway, edge }), traffic.requestsPerMonth, [
    ...(edge ? edgeItems(workload, traffic) : []),
    ...gatewayItems(gateway, requests),
    {
      name: 'Lambda requests',
      dollars: requests * prices.lambda.request,
      because: `${count(requests)} requests`,
    },
    {
      name: 'Lambda duration',
      dollars: gbSeconds * prices.lambda.gbSecondArm,
      because: `${service.lambdaMs} ms × ${service.lambdaMemoryGb} GB; at least ${concurrency} at once, each with connections of its own`,
    },
    { name: 'Data out', dollars: tiered(prices.egressGb, gb), because: `${count(gb)} GB` },
    {
      name: 'NAT',
      dollars: 3 * prices.nat.hour * hoursPerMonth,
      because: '3 gateways, so that functions in the network reach AWS APIs',
    },
    ...databaseItems({
      peakPerSecond,
      cpuMsPerRequest: service.plainDatabaseCpuMs,
      reads: traffic.reads * (edge ? 1 - workload.hitRatio : 1),
      writes: traffic.writes,
      storedGb: workload.storedGb,
      instances: 3,
      classMin: 'r6g.large',
    }),
    {
      name: 'Between zones',
      dollars: 2 * gb * service.crossZoneShare * prices.zoneTransferGb,
      because: 'function to database',
    },
    {
      name: 'CloudWatch and secrets',
      dollars: logGb * prices.cloudWatch.logGb + 10 * prices.cloudWatch.alarm + prices.secretMonth,
      because: `${logGb.toFixed(1)} GB of logs`,
    },
  ])
}

const nameOf = ({ gateway, edge }: FunctionsDesign): string =>
  [
    ...(edge ? ['the same Worker and cache'] : []),
    ...(gateway === 'url' ? [] : [`API Gateway (${gateway.toUpperCase()})`]),
    gateway === 'url' ? 'Lambda URL' : 'Lambda',
    'DocumentDB',
  ].join(' + ')

const gatewayItems = (gateway: FunctionsDesign['gateway'], requests: number): readonly Item[] =>
  gateway === 'url'
    ? []
    : [
        {
          name: 'API Gateway',
          dollars: tiered(prices.apiGateway[gateway], requests),
          because: `${count(requests)} requests`,
        },
      ]
