import { count, type Item } from './bill.ts'
import { prices, tiered } from './prices.ts'
import { secondsPerMonth, service, type Traffic, type Workload } from './workload.ts'

/** The Worker and its cache, in front of whatever origin. */
export function edgeItems({ isolates }: Workload, traffic: Traffic): readonly Item[] {
  const { requestsPerMonth, originRequests } = traffic
  const { cloudflare } = prices
  // Isolates poll, not requests: one that is in use reads the switch, and lists the revocations, at each interval.
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
      dollars: tiered(cloudflare.kvReads, polls) + tiered(cloudflare.kvLists, polls),
      because: `${count(polls)} reads and as many listings by ${isolates} isolates in use`,
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
