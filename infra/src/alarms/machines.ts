import { type AlarmsOf, fiveOfFive, type PlainMetric, threeOfFive } from './threshold-alarm.ts'

const host = (name: string): PlainMetric => ({
  ...{ namespace: 'Spillway/Host', name, of: 'origins', statistic: 'Maximum' },
})
const balancer = (name: string, of: 'balancer' | 'targets'): PlainMetric => ({
  ...{ namespace: 'AWS/ApplicationELB', name, of, statistic: 'Sum' },
})

/** Machines, balancer and certificate: causes that users notice only when it is late. */
export const machineAlarms: AlarmsOf = () => [
  {
    ...fiveOfFive,
    name: 'OriginMemory',
    metric: host('mem_used_percent'),
    threshold: 90,
    description:
      'An origin instance uses over 90 % of its memory. Runbook: drain-instance, roll-back-origin.',
  },
  {
    ...fiveOfFive,
    name: 'OriginDisk',
    metric: host('disk_used_percent'),
    threshold: 80,
    description:
      'The disk of an origin instance is over 80 % full: a log grows too fast. Runbook: inspect-instance, drain-instance.',
  },
  {
    ...threeOfFive,
    name: 'BalancerRefuses',
    metric: balancer('RejectedConnectionCount', 'balancer'),
    threshold: 0,
    description: 'The balancer has reached its maximum of connections. Runbook: emergency-shed.',
  },
  {
    ...threeOfFive,
    name: 'TargetsUnreached',
    metric: balancer('TargetConnectionErrorCount', 'targets'),
    threshold: 10,
    description:
      'The balancer cannot connect to origins that it takes for healthy. Runbook: inspect-instance, roll-back-origin.',
  },
  {
    ...threeOfFive,
    name: 'CertificateExpires',
    metric: {
      namespace: 'AWS/CertificateManager',
      name: 'DaysToExpiry',
      of: 'certificate',
      statistic: 'Minimum',
    },
    periodSeconds: 86_400,
    datapointsToAlarm: 1,
    comparison: 'below',
    threshold: 21,
    description:
      'The balancer’s certificate ends in less than three weeks, and has not renewed itself. Runbook: replace-certificate.',
  },
]
