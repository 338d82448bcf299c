import { join } from 'node:path'
import { originEnv } from '@spillway/origin/contract'
import type { WhichApplication } from './application-files.ts'
import { describeExit, startChild } from './child.ts'
import { root } from './folders.ts'

export interface SeedOptions {
  readonly databaseUri: string
  readonly databaseName: string
  /** @default 'own' */
  readonly application?: WhichApplication
  /** Called with each line of progress. */
  readonly onLine?: (line: string) => void
  readonly signal?: AbortSignal
}

/** Loads the application's seed with the origin's own script; existing documents stay unchanged. */
export async function seed(options: SeedOptions): Promise<void> {
  const { databaseUri, databaseName, application = 'own', onLine, signal } = options
  const child = await startChild({
    name: 'seed',
    command: process.execPath,
    args: ['scripts/seed.ts', application],
    cwd: join(root, 'origin'),
    env: {
      ...process.env,
      [originEnv.mongodbUri]: databaseUri,
      [originEnv.mongodbDatabase]: databaseName,
    },
    ...(onLine !== undefined && { onLine }),
  })
  const abort = () => void child.stop(2_000)
  signal?.addEventListener('abort', abort, { once: true })
  const exit = await child.exited
  signal?.removeEventListener('abort', abort)
  signal?.throwIfAborted()
  if (exit.code === 0) return
  // With `onLine`, the caller has the output already.
  throw new Error(`seed ${describeExit(exit)}${onLine === undefined ? `:\n${child.tail()}` : ''}`)
}
