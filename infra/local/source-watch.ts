import { createHash } from 'node:crypto'
import { glob, stat, watch } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Time without another change after which a change counts as complete: editors write several files in a row. */
const quietMs = 100
/** Polling interval: file systems sometimes lose events, and some network folders send none. */
const pollMs = 1_000

/** A state of the source files, comparable with an earlier one. */
export interface SourceWatch {
  /** Resolves with the state of the files when it differs from `known` and has settled. */
  changedFrom(known: string): Promise<string>
  state(): Promise<string>
}

/**
 * Watches all TypeScript files below the folders. It compares states rather than waiting for events, so an edit between
 * a process's start and the first wait is not missed.
 *
 * @param signal ends the watch; pending waits reject with an AbortError
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
        await Promise.race([wake.promise, sleep(pollMs, undefined, { signal })])
        signal.throwIfAborted()
      }
    },
  }
}

async function follow(folder: string, signal: AbortSignal, onEvent: () => void): Promise<void> {
  try {
    for await (const _change of watch(folder, { recursive: true, signal })) onEvent()
  } catch {
    // The watch ended, or this folder cannot be watched: polling continues.
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
      // A file removed since the listing shows up in the next poll.
      const found = await stat(join(folder, file), { bigint: true }).catch(() => undefined)
      hash.update(`${folder}/${file}\0${found?.size}\0${found?.mtimeNs}\0${found?.ctimeNs}\0`)
    }
  }
  return hash.digest('hex')
}
