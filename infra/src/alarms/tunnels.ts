import { tunnelMetrics, tunnelNamespace } from '../tunnel-metrics.ts'
import {
  type AlarmsOf,
  fiveTooFew,
  type PlainMetric,
  type ThresholdAlarm,
  threeOfFive,
} from './threshold-alarm.ts'
import { requests } from './users.ts'

/** The way in: these show what the origins cannot, that requests do not arrive. */
export const tunnelAlarms: AlarmsOf = ({ stage, tunnel }) => [
  // A connector can run without being connected, and missing requests cause no error anywhere.
  ...(stage === 'production' ? [tunnelSilent] : []),
  ...Array.from({ length: tunnel.tunnels }, (_, index) => ofTunnel(index + 1, tunnel.connectors.min)).flat(),
]

const tunnelSilent: ThresholdAlarm = {
  ...fiveTooFew,
  name: 'TunnelSilent',
  metric: requests,
  threshold: 1,
  description:
    'Not one request has come from the edge for 5 minutes. Runbook: restart-tunnel, region-outage.',
}

function ofTunnel(number: number, connectorsMin: number): readonly ThresholdAlarm[] {
  const counted = (name: string): PlainMetric => ({
    ...{ namespace: tunnelNamespace, name, of: `tunnel ${number}`, statistic: 'Sum' },
  })
  const connectors = (namespace: string, name: string): PlainMetric => ({
    ...{ namespace, name, of: `connectors ${number}`, statistic: 'Average' },
  })
  return [
    {
      ...fiveTooFew,
      name: `Tunnel${number}Thin`,
      metric: connectors('AWS/AutoScaling', 'GroupInServiceInstances'),
      threshold: connectorsMin,
      description:
        'A connector is missing. The edge uses the other tunnels; with none it answers from its cache alone. Runbook: restart-tunnel, region-outage.',
    },
    {
      ...threeOfFive,
      name: `Tunnel${number}Errors`,
      metric: {
        // A minute without requests has no share, and missing data raises no alarm.
        expression: '100 * FILL(errors, 0) / requests',
        metrics: { errors: counted(tunnelMetrics.errors), requests: counted(tunnelMetrics.requests) },
        label: 'errors (%)',
      },
      threshold: 1,
      description: 'More than 1 % of a tunnel’s requests do not reach the balancer. Runbook: restart-tunnel.',
    },
    {
      ...threeOfFive,
      name: `Tunnel${number}Busy`,
      metric: connectors('AWS/EC2', 'CPUUtilization'),
      threshold: 80,
      description:
        'Connectors are over 80 % busy: the group is at its maximum, or has not caught up. Requests wait before any origin sees them. Runbook: emergency-shed, drain-instance.',
    },
  ]
}
