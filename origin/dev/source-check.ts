import { join } from 'node:path'
import { startChild } from './child.ts'
import { root } from './folders.ts'

/**
 * Loads everything that the origin is made of, the resources included, without starting it. A definition contradicts itself
 * when it is loaded, so this finds its mistakes before anything that runs is stopped for it.
 *
 * @returns the mistake in its own words, without the stack of whoever loaded it; `undefined`: there is none
 */
export async function checkSources(signal?: AbortSignal): Promise<string | undefined> {
  const child = await startChild({
    name: 'check',
    command: process.execPath,
    args: [join(import.meta.dirname, 'load-sources.ts')],
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
