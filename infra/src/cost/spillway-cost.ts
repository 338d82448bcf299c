import {
  connectorRequestsPerSecond,
  connectorsOf,
  documentDbOf,
  type StageConfig,
  warmPoolSize,
} from '../config.ts'
import { type Bill, bill, count } from './bill.ts'
import { databaseItems } from './database-cost.ts'
import { edgeItems } from './edge-cost.ts'
import { hoursPerMonth, prices, tiered } from './prices.ts'
import { service, trafficOf, type Workload } from './workload.ts'

/**
 * CloudWatch metrics, metrics that alarms look at (including those of target tracking), composite alarms and secrets of
 * production, rounded up. Most alarms are windows of burn rates: two tiers, three priorities.
 */
const fixed = { metrics: 35, alarms: 200, compositeAlarms: 24, secrets: 8 }
/** Metrics that detailed monitoring adds for each instance. */
const instanceMetrics = 7
/** Target tracking keeps a process at half of its capacity, so an average hour needs this many instances. */
const instancesFor = (perSecond: number, { fleet, origin }: StageConfig): number =>
  Math.max(
    fleet.min,
    Math.ceil(perSecond / (fleet.requestsPerSecondPerProcess * origin.processesPerInstance)),
  )

/** A month of Spillway with the sizes of a stage. */
export function spillwayCost(workload: Workload, config: StageConfig): Bill {
  const traffic = trafficOf(workload)
  const { requestsPerMonth, originRequests, originAveragePerSecond } = traffic
  const instances = instancesFor(originAveragePerSecond, config)
  const warm = warmPoolSize(config.fleet, instances)
  const connectors = Math.max(
    connectorsOf(config.tunnel, 'min'),
    Math.ceil(traffic.originPeakPerSecond / connectorRequestsPerSecond),
  )
  const gb = (originRequests * workload.answerBytes) / 1e9
  const hourly = (type: string): number => {
    const price = prices.ec2[type]
    if (price === undefined) throw new Error(`no price for ${type} in src/cost/prices.ts`)
    return price * hoursPerMonth
  }
  const { balancer, nat, cloudWatch } = prices
  // A capacity unit is 25 new connections, 3,000 open ones or 1 GB per hour. Connectors keep connections open, so bytes
  // decide.
  const lcus = Math.max(1, gb / hoursPerMonth)
  const metrics = fixed.metrics + instances * instanceMetrics
  const minutes = hoursPerMonth * 60
  const logGb = (originRequests * service.logShare * service.logBytes) / 1e9
  const metricGb = (instances * minutes * 4 * service.metricLinesPerScrape * service.metricLineBytes) / 1e9
  const interfaces = instances + connectors + config.database.instances + config.network.natGateways
  const flowGb = (interfaces * minutes * service.flowRecordsPerMinute * service.flowRecordBytes) / 1e9
  // Connector to balancer, balancer to instance, instance to database: as many bytes on each way.
  const zoneGb = 3 * gb * service.crossZoneShare
  return bill('Spillway', requestsPerMonth, [
    ...edgeItems(workload, traffic),
    {
      name: 'Origin instances',
      dollars: instances * hourly(config.origin.instanceType),
      because: `${instances} × ${config.origin.instanceType} on average, ${Math.round(originAveragePerSecond)} requests/s past the cache`,
    },
    {
      name: 'Warm pool and disks',
      dollars: (instances + warm) * 16 * prices.ebsGp3GibMonth,
      because: `${warm} stopped instances`,
    },
    {
      name: 'Tunnel connectors',
      dollars: connectors * hourly(config.tunnel.instanceType),
      because: `${connectors} × ${config.tunnel.instanceType}, sized for the peak`,
    },
    {
      name: 'Balancer',
      dollars: (balancer.hour + lcus * balancer.lcuHour) * hoursPerMonth,
      because: `${lcus.toFixed(1)} capacity units`,
    },
    {
      name: 'NAT',
      dollars: config.network.natGateways * nat.hour * hoursPerMonth + gb * nat.perGb,
      because: `${config.network.natGateways} gateways, ${count(gb)} GB to the edge`,
    },
    {
      name: 'Data out',
      dollars: tiered(prices.egressGb, gb),
      because: `${count(gb)} GB; what the edge answers itself costs nothing`,
    },
    {
      name: 'Between zones',
      dollars: 2 * zoneGb * prices.zoneTransferGb,
      because: `${count(zoneGb)} GB: connector, balancer, instance, database`,
    },
    ...databaseItems({
      peakPerSecond: traffic.originPeakPerSecond,
      cpuMsPerRequest: service.joinedDatabaseCpuMs,
      reads: traffic.reads * (1 - workload.hitRatio),
      writes: traffic.writes,
      storedGb: workload.storedGb,
      instances: config.database.instances,
      classMin: documentDbOf(config).instanceClass,
    }),
    {
      name: 'Logs',
      dollars: (logGb + metricGb + flowGb) * cloudWatch.logGb,
      because: `GB: ${logGb.toFixed(1)} of requests, ${metricGb.toFixed(1)} of metrics, ${flowGb.toFixed(1)} of flows`,
    },
    {
      name: 'CloudWatch and secrets',
      dollars:
        metrics * cloudWatch.metric +
        fixed.alarms * cloudWatch.alarm +
        fixed.compositeAlarms * cloudWatch.compositeAlarm +
        cloudWatch.dashboard +
        fixed.secrets * prices.secretMonth,
      because: `${metrics} metrics, ${fixed.alarms} metrics of alarms, ${fixed.compositeAlarms} composite alarms`,
    },
  ])
}
