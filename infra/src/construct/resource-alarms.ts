import { Duration } from 'aws-cdk-lib'
import type { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling'
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { type Alarms, groupMetric } from './alarms.ts'
import type { OriginEntrance } from './origin-entrance.ts'

const minute = Duration.minutes(1)

/** Alarms of machines, balancer and certificate: causes that users notice only when it is late. */
export function addResourceAlarms(alarms: Alarms, entrance: OriginEntrance, group: AutoScalingGroup): void {
  const { balancer, certificateArn } = entrance
  const host = 'Spillway/Host'
  alarms.keep('OriginMemory', {
    metric: groupMetric(group, 'mem_used_percent', host, Stats.MAXIMUM),
    threshold: 90,
    minutes: 5,
    description:
      'An origin instance uses over 90 % of its memory. Runbook: drain-instance, roll-back-origin.',
  })
  alarms.keep('OriginDisk', {
    metric: groupMetric(group, 'disk_used_percent', host, Stats.MAXIMUM),
    threshold: 80,
    minutes: 5,
    description:
      'The disk of an origin instance is over 80 % full: a log grows too fast. Runbook: inspect-instance, drain-instance.',
  })
  alarms.keep('BalancerRefuses', {
    metric: balancer.metrics.rejectedConnectionCount({ period: minute, statistic: Stats.SUM }),
    threshold: 0,
    description: 'The balancer has reached its maximum of connections. Runbook: emergency-shed.',
  })
  alarms.keep('TargetsUnreached', {
    metric: entrance.targets.metrics.targetConnectionErrorCount({ period: minute, statistic: Stats.SUM }),
    threshold: 10,
    description:
      'The balancer cannot connect to origins that it takes for healthy. Runbook: inspect-instance, roll-back-origin.',
  })
  alarms.keep('CertificateExpires', {
    metric: new Metric({
      namespace: 'AWS/CertificateManager',
      metricName: 'DaysToExpiry',
      dimensionsMap: { CertificateArn: certificateArn },
      statistic: Stats.MINIMUM,
      period: Duration.days(1),
    }),
    threshold: 21,
    when: 'below',
    minutes: 1,
    description:
      'The balancer’s certificate ends in less than three weeks, and has not renewed itself. Runbook: replace-certificate.',
  })
}
