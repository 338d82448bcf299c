import { Duration } from 'aws-cdk-lib'
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { StageConfig, StageName } from '../config.ts'
import { stageDimension } from '../origin-metrics.ts'
import { tunnelDimension, tunnelMetrics, tunnelNamespace } from '../tunnel-metrics.ts'
import { type Alarms, groupMetric } from './alarms.ts'
import type { OriginEntrance } from './origin-entrance.ts'
import type { Tunnel } from './tunnel.ts'

const minute = Duration.minutes(1)

/** A metric of one tunnel's connectors. */
export const tunnelMetric = (
  stage: StageName,
  { number }: Pick<Tunnel, 'number'>,
  metricName: string,
  statistic: string,
): Metric =>
  new Metric({
    namespace: tunnelNamespace,
    metricName,
    dimensionsMap: { [stageDimension]: stage, [tunnelDimension]: String(number) },
    statistic,
    period: minute,
  })

/** Alarms of the way in, which show what the origins cannot: that requests do not arrive. */
export function addTunnelAlarms(
  alarms: Alarms,
  tunnels: readonly Tunnel[],
  entrance: OriginEntrance,
  { stage, tunnel }: StageConfig,
): void {
  if (stage === 'production') {
    // A connector can run without being connected, and missing requests cause no error anywhere.
    alarms.keep('TunnelSilent', {
      metric: entrance.targets.metrics.requestCount({ period: minute, statistic: Stats.SUM }),
      threshold: 1,
      when: 'below',
      minutes: 5,
      silence: 'bad',
      description:
        'Not one request has come from the edge for 5 minutes. Runbook: restart-tunnel, region-outage.',
    })
  }
  for (const each of tunnels) {
    const { connectors, number } = each
    alarms.keep(`Tunnel${number}Thin`, {
      metric: groupMetric(connectors, 'GroupInServiceInstances'),
      threshold: tunnel.connectors.min,
      when: 'below',
      minutes: 5,
      silence: 'bad',
      description:
        'A connector is missing. The edge uses the other tunnels; with none it answers from its cache alone. Runbook: restart-tunnel, region-outage.',
    })
    alarms.keep(`Tunnel${number}Errors`, {
      metric: new MathExpression({
        // A minute without requests has no share, and missing data raises no alarm.
        expression: '100 * FILL(errors, 0) / requests',
        usingMetrics: {
          errors: tunnelMetric(stage, each, tunnelMetrics.errors, Stats.SUM),
          requests: tunnelMetric(stage, each, tunnelMetrics.requests, Stats.SUM),
        },
        period: minute,
        label: 'errors (%)',
      }),
      threshold: 1,
      description: 'More than 1 % of a tunnel’s requests do not reach the balancer. Runbook: restart-tunnel.',
    })
    alarms.keep(`Tunnel${number}Busy`, {
      metric: groupMetric(connectors, 'CPUUtilization', 'AWS/EC2'),
      threshold: 80,
      description:
        'Connectors are over 80 % busy: the group is at its maximum, or has not caught up. Requests wait before any origin sees them. Runbook: emergency-shed, drain-instance.',
    })
  }
}
