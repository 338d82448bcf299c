import { createHash } from 'node:crypto'
import { glob, stat, watch } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long no file may change before a change counts as complete: an editor writes several files one after the other. */
const quietMs = 100
/** Events of a file system are lost now and then, and come from some network folders never: so files are looked at, too. */
const lookMs = 1_000

/** Source files by their state, which tells whether anything has changed since an earlier look. */
export interface SourceWatch {
  /** Resolves with the state of the files once that is another one than `known`, and has settled. */
  changedFrom(known: string): Promise<string>
  state(): Promise<string>
}

/**
 * Watches all TypeScript files below the folders. What matters is the state that a process was started from, not the moment
 * at which somebody began to wait: no edit can fall into a gap.
 *
 * @param signal ends the watch; whoever waits gets an AbortError
 */
export function watchSources(folders: readonly string[], signal: AbortSignal): SourceWatch {
  let wake = Promise.withResolvers<void>()
  for (const folder of folders) {
    void follow(folder, signal, () => {
      wake.resolve()
      wake = Promise.withResolvers()
    })
  }
  const state = () => stateOf(folders)
  return {
    state,
    async changedFrom(known) {
      for (;;) {
        const found = await state()
        if (found !== known && (await isSettled(found, state, signal))) return found
        await Promise.race([wake.promise, sleep(lookMs, undefined, { signal })])
        signal.throwIfAborted()
      }
    },
  }
}

async function follow(folder: string, signal: AbortSignal, onEvent: () => void): Promise<void> {
  try {
    for await (const _change of watch(folder, { recursive: true, signal })) onEvent()
  } catch {
    // Ended, or not to be watched here: looking at the files goes on.
  }
}

async function isSettled(found: string, state: () => Promise<string>, signal: AbortSignal): Promise<boolean> {
  await sleep(quietMs, undefined, { signal })
  return (await state()) === found
}

async function stateOf(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const folder of folders) {
    const files = await Array.fromAsync(glob('**/*.ts', { cwd: folder }))
    for (const file of files.filter((name) => !name.endsWith('.test.ts')).sort()) {
      // One that was removed since it was found is seen the next time.
      const found = await stat(join(folder, file), { bigint: true }).catch(() => undefined)
      hash.update(`${folder}/${file}\0${found?.size}\0${found?.mtimeNs}\0${found?.ctimeNs}\0`)
    }
  }
  return hash.digest('hex')
}
