import { join } from 'node:path'
import type { WhichApplication } from './application-files.ts'
import { startChild } from './child.ts'
import { root } from './folders.ts'

/**
 * Loads all modules of the origin, with the application's, without starting it. Mistakes in a definition show when it is
 * loaded, so this finds them before a running process is stopped.
 *
 * @returns the mistake without the loader's stack trace; `undefined` if there is none
 */
export async function checkSources(
  application: WhichApplication,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const child = await startChild({
    name: 'check',
    command: process.execPath,
    args: [join(import.meta.dirname, 'load-sources.ts'), application],
    cwd: join(root, 'origin'),
    env: { ...process.env, NO_COLOR: '1' },
  })
  const abort = () => void child.stop(0)
  signal?.addEventListener('abort', abort, { once: true })
  const exit = await child.exited
  signal?.removeEventListener('abort', abort)
  signal?.throwIfAborted()
  return exit.code === 0 ? undefined : child.tail(40).trim()
}
