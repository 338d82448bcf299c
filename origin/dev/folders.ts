import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Root of the repository. */
export const root = resolve(import.meta.dirname, '../..')

/** Folder for generated files: keys, data files, bundles. Git ignores it. SPILLWAY_FOLDER overrides it. */
export const localFolder = resolve(process.env.SPILLWAY_FOLDER || join(root, '.spillway'))
// Makes the path absolute for processes that start in another folder.
if (process.env.SPILLWAY_FOLDER) process.env.SPILLWAY_FOLDER = localFolder

/** Folder for downloads, shared by all checkouts of a user; inside the checkout if the home folder is not writable. */
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
