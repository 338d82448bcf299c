import { setTimeout as sleep } from 'node:timers/promises'
import type { Operation } from '../load/operations.ts'
import { type KnownDocument, type KnownDocuments, namesDocument } from '../load/request.ts'

export interface LearnOptions {
  readonly target: string
  readonly operations: readonly Operation[]
  /** Maximum documents of each resource. */
  readonly count: number
  /** Credentials for resources that need a token. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Credentials for resources that anyone may read: the origin, asked directly, requires an assertion. @default none
   */
  readonly openHeaders?: Readonly<Record<string, string>>
  /** Called after each page. */
  readonly onProgress?: (learnt: number) => void
}

interface Page {
  readonly items: readonly Readonly<Record<string, unknown>>[]
  readonly next?: string
}

const pageSize = 100

/** Longest time that a target may refuse lists, in ms. */
const patienceMs = 60_000

/**
 * Asks the target itself which documents it has, page after page, so that a scenario runs against any deployment.
 *
 * @throws Error where a list is not answered as the contract says
 */
export async function learnDocuments(options: LearnOptions): Promise<KnownDocuments> {
  const { operations } = options
  const wanted = new Set(operations.filter(needsDocuments).map(({ resource }) => resource))
  const found: Record<string, readonly KnownDocument[]> = {}
  for (const resource of wanted) {
    const own = operations.filter((operation) => operation.resource === resource)
    // The first two segments: `/v1/listings/{id}` → `/v1/listings`.
    const path = own[0]?.path.split('/', 3).join('/') ?? ''
    const filter = own.find(({ filter }) => filter !== undefined)?.filter
    // A read without a token lists the documents that everybody sees, instead of those of one subject.
    const isOpen = own.some(({ kind, signedIn }) => (kind === 'read' || kind === 'list') && !signedIn)
    const headers = isOpen ? options.openHeaders : options.headers
    found[resource] = await learnResource({ ...options, headers }, path, filter)
  }
  return found
}

const needsDocuments = (operation: Operation): boolean =>
  namesDocument(operation) || operation.filter !== undefined

async function learnResource(
  { target, count, headers = {}, onProgress }: LearnOptions,
  path: string,
  filter: string | undefined,
): Promise<readonly KnownDocument[]> {
  const documents: KnownDocument[] = []
  let next: string | undefined = `${path}?limit=${pageSize}`
  while (next !== undefined && documents.length < count) {
    const response = await answered(new URL(next, target), headers)
    // The cast is safe: the answer is a page of the contract.
    const page = (await response.json()) as Page
    for (const item of page.items) documents.push(knownDocument(item, filter))
    onProgress?.(documents.length)
    next = page.items.length === 0 ? undefined : nextPage(response.headers.get('link'))
  }
  return documents.slice(0, count)
}

/**
 * Asks again while the target is not ready: an origin builds the indexes of its lists behind the first requests.
 *
 * @throws Error for another status than 200, and for a 503 that lasts
 */
async function answered(url: URL, headers: Readonly<Record<string, string>>): Promise<Response> {
  const untilMs = performance.now() + patienceMs
  for (;;) {
    const response = await fetch(url, { headers })
    if (response.ok) return response
    const problem = (await response.text()).slice(0, 300)
    if (response.status !== 503 || performance.now() > untilMs) {
      throw new Error(`${url.origin}${url.pathname} is answered ${response.status}: ${problem}`)
    }
    await sleep(250)
  }
}

function knownDocument(item: Page['items'][number], filter: string | undefined): KnownDocument {
  const value = filter === undefined ? undefined : item[filter]
  return { id: String(item.id), ...(value !== undefined && { filterValue: String(value) }) }
}

/** The link with the relation `next` (RFC 8288 §3), which leads to the next page. */
export const nextPage = (link: string | null): string | undefined =>
  /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? '')?.[1]
