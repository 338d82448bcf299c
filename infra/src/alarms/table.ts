import type { StageConfig } from '../config.ts'
import { databaseAlarms } from './database.ts'
import { edgeCountAlarms } from './edge-counts.ts'
import { loadAlarms } from './load.ts'
import { machineAlarms } from './machines.ts'
import { releaseAlarms } from './release.ts'
import type { ThresholdAlarm } from './threshold-alarm.ts'
import { tunnelAlarms } from './tunnels.ts'
import { userAlarms } from './users.ts'

const subjects = {
  users: userAlarms,
  release: releaseAlarms,
  load: loadAlarms,
  database: databaseAlarms,
  tunnels: tunnelAlarms,
  machines: machineAlarms,
  edgeCounts: edgeCountAlarms,
} as const

export type AlarmSubject = keyof typeof subjects

export const alarmsOf = (subject: AlarmSubject, config: StageConfig): readonly ThresholdAlarm[] =>
  subjects[subject](config)

/**
 * All threshold alarms of a stage. They are data, so that the stacks deploy and the simulator replays the same ones
 * (decision 52).
 */
export const thresholdAlarms = (config: StageConfig): readonly ThresholdAlarm[] =>
  Object.values(subjects).flatMap((of) => of(config))
