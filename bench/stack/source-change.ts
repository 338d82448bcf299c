import { watch } from 'node:fs/promises'

/**
 * Resolves when something in one of the folders changes.
 *
 * @throws AbortError when the signal is aborted
 */
export async function sourceChange(folders: readonly string[], signal: AbortSignal): Promise<void> {
  const done = new AbortController()
  const first = async (folder: string) => {
    const options = { recursive: true, signal: AbortSignal.any([signal, done.signal]) }
    for await (const _change of watch(folder, options)) return
  }
  try {
    await Promise.race(folders.map(first))
  } finally {
    done.abort()
  }
}
