import { reports, shedShare } from './signals.ts'
import { type AlarmsOf, fiveOfFive, fiveTooFew, type PlainMetric, threeOfFive } from './threshold-alarm.ts'

const inService: PlainMetric = {
  ...{ namespace: 'AWS/AutoScaling', name: 'GroupInServiceInstances', of: 'origins', statistic: 'Average' },
}

/** Pressure on the origins, and their number. */
export const loadAlarms: AlarmsOf = ({ fleet }) => [
  {
    ...fiveTooFew,
    name: 'SignalsSilent',
    metric: reports,
    threshold: 1,
    description:
      'No origin reports its pressure: the group grows by its targets alone. Runbook: inspect-instance.',
  },
  {
    ...threeOfFive,
    name: 'Shedding',
    metric: shedShare,
    threshold: 5,
    description:
      'More than 5 % of requests are shed and scaling has not caught up. Runbook: scale-out, emergency-shed.',
  },
  {
    ...fiveOfFive,
    name: 'FleetAtMaximum',
    metric: inService,
    threshold: fleet.max - 1,
    description:
      'The group runs at its maximum: the next wave is shed. Runbook: emergency-shed, bigger-database.',
  },
  {
    ...fiveTooFew,
    name: 'FleetTooSmall',
    metric: inService,
    threshold: fleet.min,
    description:
      'Fewer origins in service than the minimum for 5 minutes. Runbook: inspect-instance, roll-back-origin.',
  },
]
