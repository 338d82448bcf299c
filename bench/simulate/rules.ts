import type { ScalingMetric, ScalingRules, StepScaling } from './group/scaling-rules.ts'
import {
  cpuTargetPercent,
  databaseCapacity,
  type Growth,
  growth,
  poolSizeMax,
  requestsPerTargetPerMinute,
  type StageConfig,
  stages,
} from './infra.ts'

/** Cores of the instance types that the price table knows; a process each. */
export const cores: Readonly<Record<string, number>> = { 'c7g.medium': 1, 'c7g.large': 2, 'c7g.xlarge': 4 }

const stepOut = (
  metric: ScalingMetric,
  { from, percent, urgentFrom, urgentPercent }: Growth,
): StepScaling => ({
  kind: 'step',
  metric,
  direction: 'out',
  adjustment: 'percent',
  periods: 1,
  steps: [
    { at: from, change: percent },
    { at: urgentFrom, change: urgentPercent },
  ],
})

/** The rules that infra deploys for a stage. */
export const deployedRules = (stage: StageConfig): ScalingRules => ({
  name: 'spillway',
  instanceType: stage.origin.instanceType,
  processes: stage.origin.processesPerInstance,
  min: stage.fleet.min,
  max: stage.fleet.max,
  warm: stage.fleet.warm,
  warmupSeconds: 60,
  periodSeconds: 60,
  policies: [
    { kind: 'target', metric: 'requestsPerTarget', target: requestsPerTargetPerMinute(stage) },
    { kind: 'target', metric: 'cpuPercent', target: cpuTargetPercent },
    stepOut('poolWaitMs', growth.poolWaitMs),
    stepOut('shedPercent', growth.shedPercent),
  ],
})

/**
 * Defaults of a group that is created in the console: average CPU at 50 %, no detailed monitoring (a value every five
 * minutes), a warm-up as long as the default cooldown of 300 s, no warm pool.
 */
export const awsDefaults = (like: ScalingRules): ScalingRules => ({
  ...like,
  name: 'aws-defaults',
  warm: 0,
  warmupSeconds: 300,
  periodSeconds: 300,
  policies: [{ kind: 'target', metric: 'cpuPercent', target: 50 }],
})

/**
 * Rules that saved the team of the story: at least three small machines, twelve from 1,000 requests a second on, and
 * one fewer at a time after half an hour of little load.
 */
export const seedRules = (like: ScalingRules): ScalingRules => ({
  ...like,
  name: 'seed',
  instanceType: 'c7g.medium',
  processes: 1,
  min: 3,
  max: 12,
  warm: 0,
  warmupSeconds: 120,
  policies: [
    {
      kind: 'step',
      metric: 'requestsPerSecond',
      direction: 'out',
      adjustment: 'exact',
      periods: 2,
      steps: [
        { at: 500, change: 6 },
        { at: 1_000, change: 12 },
      ],
    },
    {
      kind: 'step',
      metric: 'requestsPerSecond',
      direction: 'in',
      adjustment: 'change',
      periods: 30,
      steps: [{ at: 400, change: -1 }],
    },
  ],
})

/** Connections that a process may open: the stage's, or fewer where the group is larger than the stage's. */
export function poolSizeFor(stage: StageConfig, { max, processes }: ScalingRules): number {
  const demand = { instancesMax: max, processesPerInstance: processes, poolSize: 1, ...stage.connections }
  return Math.min(stage.origin.poolSize, poolSizeMax(databaseCapacity(stage), demand))
}

export const production = stages.production
