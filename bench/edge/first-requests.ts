import type { Issuer } from '@spillway/edge/dev/issuer'
import type { Credentials } from '../load/credentials.ts'
import { busyDetail } from './stub-origin.ts'

/** Users and documents of the bench, and the first requests of each, which fill what a subject remembers. */

export const users = 64
/** Several, so that no cache of a single answer helps. */
export const documents = 100
export const ids: readonly string[] = Array.from({ length: documents }, (_, i) => String(2_000_000 + i))

/** Fields that the runtime adds by itself. */
const ofRuntime = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']

/** Requests each document and each token once, one after the other: a cold isolate would shed a burst. */
export async function ask(url: string, { sets }: Tokens): Promise<void> {
  for (const [i, id] of ids.entries()) {
    const response = await fetch(`${url}/v2/places/${id}`, { headers: { ...sets[i % sets.length] } })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`the edge answers ${response.status}`)
  }
}

/** An answer as it was sent. */
export interface Answer {
  readonly status: number
  readonly fields: readonly (readonly [string, string])[]
  readonly body: string
}

export async function askOnce(url: string, method: 'GET' | 'POST', { sets }: Tokens): Promise<Answer> {
  const isRead = method === 'GET'
  const response = await fetch(`${url}/v2/places${isRead ? `/${ids[0]}` : ''}`, {
    method,
    headers: { ...sets[0], ...(!isRead && { 'content-type': 'application/json' }) },
    body: isRead ? null : '{}',
  })
  const body = await response.text()
  return { status: response.status, fields: fieldsOf(response), body }
}

/** Repeats a request until the edge itself refuses it, which it does after enough refusals by the origin. */
export async function refusalOf(url: string, method: 'GET' | 'POST', credentials: Tokens): Promise<Answer> {
  for (let asked = 0; asked < 1_000; asked++) {
    const answer = await askOnce(url, method, credentials)
    // The origin's refusals have its detail.
    if (answer.status === 503 && !answer.body.includes(busyDetail)) return answer
  }
  throw new Error('the edge does not shed')
}

function fieldsOf({ headers }: Response): Answer['fields'] {
  return [...headers].filter(([name]) => !ofRuntime.includes(name))
}

export type Tokens = Extract<Credentials, { kind: 'headers' }>

export async function tokens(issuer: Issuer): Promise<Tokens> {
  const mint = (user: number) => issuer.mintToken({ sub: `user-${user}`, scopes: ['places:write'] })
  const minted = await Promise.all(Array.from({ length: users }, (_, user) => mint(user)))
  return { kind: 'headers', sets: minted.map((token) => ({ authorization: `Bearer ${token}` })) }
}
