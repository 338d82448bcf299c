import { type MongodOptions, startMongod } from '@spillway/origin/dev/mongod'
import type { Run } from './run.ts'

/**
 * Starts the database of a run, large enough for its load. It ends with the run.
 *
 * @throws {Error} if MONGODB_URI names another one, whose CPU time and memory cannot be read
 */
export async function startMeasuredMongod(
  { closing }: Pick<Run, 'closing'>,
  options: Pick<MongodOptions, 'failPoints'> = {},
): Promise<{ readonly uri: string; readonly pid: number }> {
  const mongod = await startMongod({ isMeasured: true, ...options })
  closing.defer(() => mongod.stop())
  const { uri, pid } = mongod
  if (pid === undefined) {
    throw new Error(
      'CPU time and memory are read from processes of this machine: unset MONGODB_URI, and a mongod is started',
    )
  }
  return { uri, pid }
}
