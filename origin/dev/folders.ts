import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The repository. */
export const root = resolve(import.meta.dirname, '../..')

/**
 * Folder of files that a checkout makes for itself: keys, data files, bundles. Ignored by version control. SPILLWAY_FOLDER puts it
 * elsewhere.
 */
export const localFolder = resolve(process.env.SPILLWAY_FOLDER || join(root, '.spillway'))
// Processes that start in another folder are to mean the same one.
if (process.env.SPILLWAY_FOLDER) process.env.SPILLWAY_FOLDER = localFolder

/**
 * Downloads that outlive the checkout and are shared by all checkouts of one user; the checkout's own where the home folder
 * cannot be written to.
 */
export const cacheFolder = writable(
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'spillway'),
  join(localFolder, 'cache'),
)

function writable(folder: string, otherwise: string): string {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    return folder
  } catch {
    return otherwise
  }
}
