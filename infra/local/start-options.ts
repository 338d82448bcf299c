import { parseArgs } from 'node:util'
import { findApplication, type WhichApplication } from '@spillway/origin/dev/application-files'

export interface StartOptions {
  /** Application to run. */
  readonly application: WhichApplication
  /** Whether both tiers listen for a debugger. */
  readonly inspect: boolean
  /** Whether to load the seed into a database that `npm start` did not create. */
  readonly seed: boolean
}

const usage = `npm start                    everything, with an embedded database and the application's seed
npm start -- --inspect       the same, with a debugger's port in each tier
npm start -- --seed          loads the seed into the database of MONGODB_URI, too
npm start -- --application FOLDER     another application than the repository's own, e.g. bench/marketplace

EDGE_PORT, ORIGIN_PORT, ISSUER_PORT   other ports than 8787, 3000, 8788
TOKEN_ISSUERS                         a JSON array of token issuers to trust beside the development issuer
MONGODB_URI                           a replica set of your own, with the database's name in its path`

/** @throws Error that lists the options */
export function startOptions(args: readonly string[]): StartOptions | 'help' {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        application: { type: 'string', default: 'own' },
        inspect: { type: 'boolean' },
        seed: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return 'help'
    const { application } = values
    findApplication(application)
    return { application, inspect: values.inspect ?? false, seed: values.seed ?? false }
  } catch (error) {
    // The cast is safe: `parseArgs` throws errors.
    throw new Error(`${(error as Error).message}\n\n${usage}`, { cause: error })
  }
}

export const startUsage = usage
