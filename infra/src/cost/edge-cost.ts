import { count, type Item } from './bill.ts'
import { prices, tiered } from './prices.ts'
import {
  defaultWorkload,
  secondsPerMonth,
  service,
  type Traffic,
  trafficOf,
  type Workload,
} from './workload.ts'

/** The Worker and its cache, in front of whatever origin. */
export function edgeItems({ isolates }: Workload, traffic: Traffic): readonly Item[] {
  const { requestsPerMonth, originRequests } = traffic
  const { cloudflare } = prices
  // Isolates poll, not requests: one that is in use reads the snapshot of the switches at each interval (decision 54).
  const polls = (isolates * secondsPerMonth) / service.controlPollSeconds
  const points = originRequests + (requestsPerMonth - originRequests) * service.analyticsShareOfHits
  return [
    {
      name: 'Workers requests',
      dollars: cloudflare.plan + tiered(cloudflare.requests, requestsPerMonth),
      because: `${count(requestsPerMonth)} requests`,
    },
    {
      name: 'Workers CPU',
      dollars: tiered(cloudflare.cpuMs, requestsPerMonth * service.edgeCpuMs),
      because: `${service.edgeCpuMs} ms each`,
    },
    {
      name: 'Workers KV',
      dollars: tiered(cloudflare.kvReads, polls),
      because: `${count(polls)} reads of one key by ${isolates} isolates in use`,
    },
    {
      name: 'Workers logs',
      dollars: tiered(cloudflare.logEvents, requestsPerMonth * service.logShare),
      because: `${service.logShare * 100} % of requests logged`,
    },
    {
      name: 'Analytics Engine',
      dollars: tiered(cloudflare.analyticsPoints, points),
      because: `${count(points)} points: what reached the origin, and a share of the rest`,
    },
  ]
}

/**
 * Requests a month at which Cloudflare is to notify a person: those of the stage's budget for the edge. Its
 * notifications count requests (Notifications, Usage Based Billing), so the bill of a request is taken from the
 * workload. In whole millions, as the bill counts them.
 */
export function requestsOfBudget(budgetDollars: number, workload: Workload = defaultWorkload): number {
  const traffic = trafficOf(workload)
  const dollars = edgeItems(workload, traffic).reduce((sum, item) => sum + item.dollars, 0)
  return Math.ceil((budgetDollars / dollars) * traffic.requestsPerMonth * 1e-6) * 1e6
}
