import { ApiProblem, connect, NoAnswer } from '@spillway/origin/client'
import type { CanaryTarget } from '@spillway/origin/contract'

export interface CanaryOptions {
  /** Base URL of an edge. */
  readonly url: string
  /** Token or API key of an identity that nothing else uses: its documents are the canary's own. */
  readonly token: string
  readonly target: CanaryTarget
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** A monotonic clock, ms. */
  readonly now: () => number
}

/** One thing that every user relies on, and whether it held. */
export interface CanaryResult {
  readonly step: (typeof steps)[number]
  readonly ms: number
  /** The unexpected answer; `undefined` if all was as it should be. */
  readonly wrong: string | undefined
  /** Requests that were sent; more than one means that the client had to repeat. 0 for a step that was left out. */
  readonly attempts: number
}

const steps = ['clean', 'create', 'read', 'change', 'conflict', 'deny', 'delete', 'gone'] as const

/** Documents of earlier runs that are removed in one, so that a broken canary mends itself without a flood. */
const leftoversMax = 20
const stepMs = 5_000

interface Kept {
  readonly document: { readonly id: string } & Readonly<Record<string, unknown>>
  readonly etag: string
}

/** The client of a resource, of which the canary knows the name alone. */
interface Documents {
  list(options: object): { page(): Promise<{ readonly items: readonly { readonly id: string }[] }> }
  create(body: object, options: object): Promise<Kept>
  read(id: string, options: object): Promise<Kept>
  patch(target: Kept, patch: object, options: object): Promise<Kept>
  delete(target: Kept, options: object): Promise<void>
}

/**
 * Does what users do with one document of its own, and removes it: creates, reads, changes, changes an outdated version
 * (412), and asks without a token (401). A step that depends on a failed one is left out. It leaves no document behind,
 * and a later run removes what one that was cut off has left.
 */
export async function runCanary({
  url,
  token,
  target,
  fetch,
  now,
}: CanaryOptions): Promise<readonly CanaryResult[]> {
  const { version, resource, body, patch } = target
  let attempts = 0
  const counted = (address: string, init: RequestInit) => {
    attempts += 1
    return fetch(address, init)
  }
  const clientOf = (credentials: { readonly token?: string }): Documents => {
    const versions = connect({ url, fetch: counted, timeoutMs: stepMs, ...credentials })
    // The cast: the target names a resource of the application, and every resource has these calls.
    return (versions as unknown as Record<string, Record<string, Documents>>)[version]?.[
      resource
    ] as Documents
  }
  const own = clientOf({ token })
  const nobody = clientOf({})
  const results: CanaryResult[] = []
  const step = async <Value>(
    name: CanaryResult['step'],
    run: () => Promise<Value>,
  ): Promise<Value | undefined> => {
    const startedAt = now()
    attempts = 0
    const [value, wrong] = await run().then(
      (made) => [made, undefined] as const,
      (error: unknown) => [undefined, wordsOf(error)] as const,
    )
    results.push({ step: name, ms: now() - startedAt, wrong, attempts })
    return value
  }
  const leaveOut = (...names: readonly CanaryResult['step'][]) => {
    for (const name of names) results.push({ step: name, ms: 0, wrong: 'left out', attempts: 0 })
  }

  await step('clean', async () => {
    const { items } = await own.list({ limit: leftoversMax }).page()
    for (const { id } of items) await own.delete(await own.read(id, {}), {})
  })
  const made = await step('create', () => own.create(body, {}))
  if (made === undefined) {
    leaveOut('read', 'change', 'conflict', 'deny', 'delete', 'gone')
    return results
  }
  const { id } = made.document
  await step('read', async () => {
    const read = await own.read(id, {})
    if (read.etag !== made.etag) throw new Mismatch(`read ${read.etag} after ${made.etag} was created`)
  })
  const changed = await step('change', () => own.patch(made, patch, {}))
  if (changed === undefined) leaveOut('conflict')
  else await step('conflict', () => refused(412, () => own.patch(made, patch, {})))
  await step('deny', () => refused(401, () => nobody.read(id, {})))
  await step('delete', async () => own.delete(await own.read(id, {}), {}))
  await step('gone', () => refused(404, () => own.read(id, {})))
  return results
}

class Mismatch extends Error {
  override readonly name = 'Mismatch'
}

/** @throws {Mismatch} unless the call is refused with this status */
async function refused(status: number, call: () => Promise<unknown>): Promise<void> {
  try {
    await call()
  } catch (error) {
    if (error instanceof ApiProblem && error.status === status) return
    throw error
  }
  throw new Mismatch(`was answered, and must be refused with ${status}`)
}

/** Description of an answer, without bodies or tokens. */
function wordsOf(error: unknown): string {
  if (error instanceof ApiProblem) return `${error.status} ${error.code}, request ${error.problem.requestId}`
  if (error instanceof NoAnswer || error instanceof Mismatch) return error.message
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error'
}
