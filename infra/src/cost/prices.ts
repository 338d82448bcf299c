/**
 * Public list prices in US dollars, without tax, commitments or negotiated discounts; free tiers are those of each
 * month.
 *
 * Region: us-east-1 (N. Virginia). Collected 2026-11-24 from the vendors' public price pages, partly through copies of
 * them; entries marked † are from memory of those pages and not from a copy. **Verify before you rely on a figure**:
 *   aws.amazon.com/{ec2,ebs,elasticloadbalancing,vpc,documentdb,lambda,api-gateway,cloudwatch,secrets-manager}/pricing
 *   developers.cloudflare.com/workers/platform/pricing, developers.cloudflare.com/kv/platform/pricing
 *
 * Left out of all designs: support plans, the Cloudflare zone's own plan and firewall, and the logs of DocumentDB,
 * which hold definitions of data and slow commands only. Left out of ours: the stages `dev` and `staging`.
 */
export const priceSource = {
  date: '2026-11-24',
  region: 'us-east-1',
  kind: 'public list prices, on demand; verify before you rely on them',
} as const

export const hoursPerMonth = 730

/** Price per unit up to a volume; the last tier has no upper end. */
export interface Tier {
  readonly upTo: number
  readonly perUnit: number
}

/** Price of a volume, each part at the price of its tier. */
export function tiered(tiers: readonly Tier[], volume: number): number {
  let cost = 0
  let from = 0
  for (const { upTo, perUnit } of tiers) {
    if (volume <= from) break
    cost += (Math.min(volume, upTo) - from) * perUnit
    from = upTo
  }
  return cost
}

const million = 1_000_000
const perMillion = (dollars: number): number => dollars / million

export const prices = {
  cloudflare: {
    /** Workers Paid, per month. */
    plan: 5,
    requests: [
      { upTo: 10 * million, perUnit: 0 },
      { upTo: Number.POSITIVE_INFINITY, perUnit: perMillion(0.3) },
    ],
    cpuMs: [
      { upTo: 30 * million, perUnit: 0 },
      { upTo: Number.POSITIVE_INFINITY, perUnit: perMillion(0.02) },
    ],
    kvReads: [
      { upTo: 10 * million, perUnit: 0 },
      { upTo: Number.POSITIVE_INFINITY, perUnit: perMillion(0.5) },
    ],
    /** Workers Logs, events: only the Worker's own lines, since `edge/wrangler.jsonc` turns invocation logs off. † */
    logEvents: [
      { upTo: 20 * million, perUnit: 0 },
      { upTo: Number.POSITIVE_INFINITY, perUnit: perMillion(0.6) },
    ],
    /** Announced, and not billed yet (developers.cloudflare.com/analytics/analytics-engine/pricing, 2026-11-30). */
    analyticsPoints: [
      { upTo: 10 * million, perUnit: 0 },
      { upTo: Number.POSITIVE_INFINITY, perUnit: perMillion(0.25) },
    ],
  },
  /** Between two zones, charged once on each side. (aws.amazon.com/ec2/pricing/on-demand, "Data Transfer") † */
  zoneTransferGb: 0.01,
  /** Between two regions of the United States. † */
  regionTransferGb: 0.02,
  /** On demand, Linux, per hour. † */
  // The cast widens: an instance type without a price is undefined.
  ec2: {
    't4g.micro': 0.0084,
    't4g.small': 0.0168,
    'c7g.medium': 0.0363,
    'c7g.large': 0.0725,
    'c7g.xlarge': 0.145,
  } as Readonly<Record<string, number>>,
  ebsGp3GibMonth: 0.08,
  balancer: { hour: 0.0225, lcuHour: 0.008 },
  nat: { hour: 0.045, perGb: 0.045 },
  /** From AWS to the internet. The first 100 GB of a month are free. */
  egressGb: [
    { upTo: 100, perUnit: 0 },
    { upTo: 10_240, perUnit: 0.09 },
    { upTo: 51_200, perUnit: 0.085 },
    { upTo: 153_600, perUnit: 0.07 },
    { upTo: Number.POSITIVE_INFINITY, perUnit: 0.05 },
  ],
  documentDb: {
    /** Per instance and hour, standard storage. † */
    instanceHour: {
      't4g.medium': 0.0757,
      'r6g.large': 0.2637,
      'r6g.xlarge': 0.5275,
      'r6g.2xlarge': 1.055,
      'r6g.4xlarge': 2.11,
      'r6g.8xlarge': 4.219,
      'r6g.12xlarge': 6.329,
      'r6g.16xlarge': 8.438,
    },
    storageGbMonth: 0.1,
    ios: perMillion(0.2),
    backupGbMonth: 0.02,
  },
  lambda: { request: perMillion(0.2), gbSecondArm: 0.000_013_333_4 },
  /** Metered in 512 KB steps; answers here are smaller. */
  apiGateway: {
    http: [
      { upTo: 300 * million, perUnit: perMillion(1) },
      { upTo: Number.POSITIVE_INFINITY, perUnit: perMillion(0.9) },
    ],
    rest: [
      { upTo: 333 * million, perUnit: perMillion(3.5) },
      { upTo: 1_000 * million, perUnit: perMillion(2.8) },
      { upTo: 20_000 * million, perUnit: perMillion(2.38) },
      { upTo: Number.POSITIVE_INFINITY, perUnit: perMillion(1.51) },
    ],
  },
  cloudWatch: { logGb: 0.5, metric: 0.3, alarm: 0.1, compositeAlarm: 0.5, dashboard: 3 },
  secretMonth: 0.4,
} as const
