import { type Credentials, holdCredentials } from '../load/credentials.ts'
import type { OperationMix } from '../load/operation-mix.ts'
import { type Operation, operationsOf, scopesNeeded } from '../load/operations.ts'
import type { Popularity } from '../load/popularity.ts'
import { type KnownDocument, type KnownDocuments, withId } from '../load/request.ts'
import type { Chosen } from '../measure/application-option.ts'
import { learnDocuments } from './known-documents.ts'
import { loadOf } from './load-of.ts'

/** Load mix of an application, as the benches ask for it. */
export interface ApplicationLoad {
  /** Operations of its users. */
  readonly browse: readonly Operation[]
  /** Scopes that a token needs for all of it. */
  readonly scopes: readonly string[]
  /** Documents that are asked for. */
  readonly documentsMax: number
}

export function applicationLoad({ application, tools }: Chosen): ApplicationLoad {
  const { browse: shares, documents, inputs, expects } = loadOf(application, tools)
  const about = { ...(inputs !== undefined && { inputs }), ...(expects !== undefined && { expects }) }
  const browse = operationsOf(application.resources, { shares, ...about })
  return {
    browse,
    scopes: scopesNeeded(application.resources, browse),
    documentsMax: documents,
  }
}

/**
 * Read by id that needs no token, of a resource with many documents.
 *
 * @throws Error where there is none
 */
export function openRead({ which, application, tools }: Chosen): Operation {
  const { crowded: resources } = loadOf(application, tools)
  const reads = operationsOf(application.resources, { shares: { read: 1 }, resources })
  const open = reads.find(({ signedIn }) => !signedIn)
  if (open !== undefined) return open
  throw new Error(`--application ${which}: none of its crowded resources can be read without a token`)
}

/** Documents of a target that is asked with `credentials`, also for what anyone may read. */
export async function documentsFor(
  operations: readonly Operation[],
  {
    target,
    credentials,
    count,
  }: { readonly target: string; readonly credentials: Credentials; readonly count: number },
): Promise<KnownDocuments> {
  const { headersOf, stop } = await holdCredentials(credentials)
  try {
    const headers = headersOf(0)
    return await learnDocuments({ target, operations, count, headers, openHeaders: headers })
  } finally {
    stop()
  }
}

/** Paths of documents that anyone may read, asked of the target itself. */
export async function openPaths(
  chosen: Chosen,
  target: string,
  count: number,
): Promise<readonly [string, ...string[]]> {
  const read = openRead(chosen)
  const known = await documentsFor([read], { target, credentials: { kind: 'none' }, count })
  const [first, ...others] = (known[read.resource] ?? []).map(({ id }) => withId(read.path, id))
  if (first === undefined) throw new Error(`${read.name}: there are no documents to ask for`)
  return [first, ...others]
}

/** Reads of these documents alone. */
export const readsOf = (
  read: Operation,
  documents: readonly KnownDocument[],
  popularity: Popularity = { kind: 'uniform' },
): OperationMix => ({
  operations: [{ ...read, weight: 1 }],
  documents: { [read.resource]: documents },
  popularity,
})
