import type { Logger } from 'pino'
import type { Schedule } from './schedule.ts'
import { type ScheduleObservation, ScheduleRunner, type ScheduleRunnerOptions } from './schedule-runner.ts'

/** Starts this process's part in the jobs of an application. @returns ends it */
export function startSchedules(
  schedules: readonly Schedule[],
  options: Omit<ScheduleRunnerOptions, 'schedule'>,
): () => Promise<void> {
  const stopping = new AbortController()
  const run = schedules.map((schedule) => new ScheduleRunner({ ...options, schedule }).run(stopping.signal))
  return async () => {
    stopping.abort()
    await Promise.all(run)
  }
}

const texts = {
  ran: 'a job ran',
  failed: 'a job failed: it is tried again, or given up until its next time',
  gaveUp: 'a job is given up until its next time',
  interrupted: 'a job could not be looked for: it is tried again',
} as const

/** Says in the log what happens to jobs. */
export const logSchedules =
  (logger: Pick<Logger, 'info' | 'warn' | 'error'>) =>
  ({ kind, ...details }: ScheduleObservation): void => {
    const level = kind === 'ran' ? 'info' : kind === 'gaveUp' ? 'error' : 'warn'
    logger[level](details, texts[kind])
  }
