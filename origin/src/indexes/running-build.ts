import type { Db } from 'mongodb'

/** An index build in progress in the database, by any process. */
export interface RunningBuild {
  /** Share that is done, 0 to 1; `undefined` if the database does not tell. */
  readonly share: number | undefined
}

interface Operation {
  readonly command?: { readonly $db?: string; readonly createIndexes?: string }
  readonly progress?: { readonly done?: unknown; readonly total?: unknown }
}

/**
 * The build of an index of the collection that is running now; `undefined` if there is none, or if this user may not
 * see it: `currentOp` needs the role `clusterMonitor`.
 */
export async function runningBuild(db: Db, collection: string): Promise<RunningBuild | undefined> {
  const command = { currentOp: 1, 'command.createIndexes': collection, maxTimeMS: 5_000 }
  let inprog: readonly Operation[]
  try {
    const reply = await db.admin().command(command)
    // The cast: members that are used are optional, and checked.
    inprog = (reply.inprog ?? []) as readonly Operation[]
  } catch {
    return undefined
  }
  const builds = inprog.filter(({ command }) => command?.$db === undefined || command.$db === db.databaseName)
  if (builds.length === 0) return undefined
  const [share] = builds.flatMap(({ progress }) => shareOf(progress) ?? [])
  return { share }
}

function shareOf(progress: Operation['progress']): number | undefined {
  const done = Number(progress?.done)
  const total = Number(progress?.total)
  return total > 0 && done >= 0 ? Math.min(1, done / total) : undefined
}
