import { type Bill, bill, count } from './bill.ts'
import { databaseItems } from './database-cost.ts'
import { hoursPerMonth, prices, tiered } from './prices.ts'
import { service, trafficOf, type Workload } from './workload.ts'

/** `http`: the cheaper gateway, with its own token check; `rest`: with caching, API keys and request checks. */
export type GatewayKind = 'http' | 'rest'

/**
 * A month of the design that Spillway started from: API Gateway, a Lambda function per request, DocumentDB. The
 * assumptions favour it: functions always warm, no provisioned concurrency, no database proxy, the same share of
 * logging as Spillway, the gateway's own token check. Every request reaches the database.
 */
export function seedCost(workload: Workload, gateway: GatewayKind): Bill {
  const traffic = trafficOf(workload)
  const { requestsPerMonth, peakPerSecond } = traffic
  const gb = (requestsPerMonth * workload.answerBytes) / 1e9
  const gbSeconds = (requestsPerMonth * service.lambdaMs * service.lambdaMemoryGb) / 1_000
  const concurrency = Math.ceil((peakPerSecond * service.lambdaMs) / 1_000)
  const logGb = (requestsPerMonth * service.logShare * service.logBytes) / 1e9
  return bill(`API Gateway (${gateway.toUpperCase()}) + Lambda + DocumentDB`, requestsPerMonth, [
    {
      name: 'API Gateway',
      dollars: tiered(prices.apiGateway[gateway], requestsPerMonth),
      because: `${count(requestsPerMonth)} requests`,
    },
    {
      name: 'Lambda requests',
      dollars: requestsPerMonth * prices.lambda.request,
      because: `${count(requestsPerMonth)} requests`,
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
      reads: traffic.reads,
      writes: traffic.writes,
      storedGb: workload.storedGb,
      instances: 3,
      classMin: 'r6g.large',
    }),
    {
      name: 'CloudWatch and secrets',
      dollars: logGb * prices.cloudWatch.logGb + 10 * prices.cloudWatch.alarm + prices.secretMonth,
      because: `${logGb.toFixed(1)} GB of logs`,
    },
  ])
}
