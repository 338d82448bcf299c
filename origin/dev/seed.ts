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
export const seed = (options: SeedOptions): Promise<void> =>
  runScript('seed', [options.application ?? 'own'], options)

/**
 * Builds the indexes of the documents that are there, as an operator does before a release (`npm run migrate -- --run`). An
 * origin that finds them missing builds them beside its traffic, over two connections more.
 */
export const buildIndexes = (options: SeedOptions): Promise<void> => {
  const { application = 'own' } = options
  const which = application === 'own' ? [] : ['--application', application]
  return runScript('migrate', ['--run', ...which], options)
}

async function runScript(
  name: 'seed' | 'migrate',
  args: readonly string[],
  { databaseUri, databaseName, onLine, signal }: SeedOptions,
): Promise<void> {
  const child = await startChild({
    name,
    command: process.execPath,
    args: [`scripts/${name}.ts`, ...args],
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
  throw new Error(`${name} ${describeExit(exit)}${onLine === undefined ? `:\n${child.tail()}` : ''}`)
}
