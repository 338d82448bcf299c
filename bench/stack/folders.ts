import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * What a checkout makes for itself: keys, data files, bundles. Ignored by version control. SPILLWAY_FOLDER puts it
 * elsewhere.
 */
export const localFolder = process.env.SPILLWAY_FOLDER || join(root, '.spillway')

/** Downloads that outlive the checkout and are shared by all checkouts of one user. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'spillway')
