import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTestSystem } from '@spillway/infra/local/test-system'
import type { Stack, StackOptions } from '@spillway/infra/local/up'
import { openBuildConnection } from '../../origin/src/indexes/build-connection.ts'
import { createCommandBounds } from '../../origin/src/store/command-bounds.ts'
import { WebhookStore } from '../../origin/src/webhooks/webhook-store.ts'
import { type Receiver, startReceiver } from '../../origin/test/support/receiver.ts'

/** People of the proofs, with the claims that the issuer puts into their tokens. */
const people = {
  hanna: {},
  harry: {},
  gina: {},
  gus: {},
  ada: { roles: ['admin'] },
} as const
export type Person = keyof typeof people | 'nobody'

export interface Sent {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Token to send in place of the person's own. */
  readonly token?: string
}

export interface Answer {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** JSON body of the answer. Its type is known only to the proof. */
  // biome-ignore lint/suspicious/noExplicitAny: proofs look at answers member by member
  readonly json: any
  /** Id of the created document. */
  readonly id: string
}

/** The marketplace behind its edge, and people who send it requests. */
export interface World extends AsyncDisposable {
  /** URL of the edge, without a slash at the end. */
  readonly url: string
  send(who: Person, method: string, path: string, sent?: Sent): Promise<Answer>
  /** A token of the issuer with these claims. */
  token(sub: string, claims?: Readonly<Record<string, unknown>>): Promise<string>
  /** Sends an event as the payment provider does. `secret`: signed by this one in place of the true one. */
  webhook(event: unknown, options?: WebhookOptions): Promise<Answer>
  /** Starts a receiver of webhooks of ours, as an operator adds one. @param resources whose events it gets */
  receive(...resources: readonly string[]): Promise<Receiving>
  logs(): Promise<string>
}

/** A receiver of webhooks of ours. */
export interface Receiving extends AsyncDisposable, Pick<Receiver, 'received'> {
  readonly secret: string
}

export interface WebhookOptions {
  readonly id?: string
  readonly secret?: string
  /** Age of the signature in seconds. */
  readonly ageSeconds?: number
}

const newSecret = () => `whsec_${randomBytes(24).toString('base64')}`

/** Starts the whole stack with the marketplace. */
export async function startWorld(options: Pick<StackOptions, 'databaseUri'> = {}): Promise<World> {
  const webhookSecret = newSecret()
  const system = await startTestSystem({
    ...options,
    application: 'bench/marketplace',
    // Two processes, as on a machine with two cores: only the database can order simultaneous requests.
    originEnv: { PAYMENT_WEBHOOK_SECRET: webhookSecret, PROCESSES: '2' },
  })
  const { stack } = system
  const tokens = new Map<Person, string>()
  for (const [sub, claims] of Object.entries(people)) {
    // The cast: the keys are those of `people`.
    tokens.set(sub as Person, await system.token({ subject: sub, claims }))
  }
  return {
    url: stack.url,
    send: (who, method, path, sent = {}) => {
      const token = sent.token ?? tokens.get(who)
      return exchange(stack, method, path, {
        ...(sent.body !== undefined && { body: JSON.stringify(sent.body) }),
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(sent.body !== undefined && { 'content-type': 'application/json' }),
          ...sent.headers,
        },
      })
    },
    token: (subject, claims = {}) => system.token({ subject, claims }),
    webhook: (event, { id = randomUUID(), secret = webhookSecret, ageSeconds = 0 } = {}) => {
      const body = JSON.stringify(event)
      const time = String(Math.floor(Date.now() / 1_000) - ageSeconds)
      const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
      const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')
      const headers = {
        'content-type': 'application/json',
        ...{ 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${signature}` },
      }
      return exchange(stack, 'POST', '/v1/payments/provider-webhook', { body, headers })
    },
    receive: (...resources) => receive(stack, resources),
    logs: () => stack.logs(),
    [Symbol.asyncDispose]: () => stack.stop(),
  }
}

async function receive({ database }: Stack, resources: readonly string[]): Promise<Receiving> {
  const receiver = await startReceiver()
  const { db, close } = await openBuildConnection(database.uri, database.name)
  const webhooks = new WebhookStore(db, createCommandBounds())
  const { id, secret } = await webhooks.add({ url: receiver.url, resources, allowsPrivate: true })
  return {
    received: receiver.received,
    secret,
    async [Symbol.asyncDispose]() {
      await webhooks.remove(id)
      await close()
      await receiver.stop()
    },
  }
}

interface Init {
  readonly body?: string
  readonly headers: Readonly<Record<string, string>>
}

const attemptsMax = 10
const isForNow = ({ status, json }: Answer): boolean =>
  status === 503 || status === 504 || json?.code === 'write-conflict'

/** Sends a request as a careful client does: repeats it after a temporary refusal, with the same Idempotency-Key. */
async function exchange(stack: Stack, method: string, path: string, init: Init): Promise<Answer> {
  // A key belongs to the subject of a token.
  const key = method === 'POST' &&
    'authorization' in init.headers && { 'idempotency-key': `"${randomUUID()}"` }
  const headers = { ...key, ...init.headers }
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetchOnce(stack, method, path, { ...init, headers })
    if (!isForNow(answer) || attempt === attemptsMax) return answer
    await sleep(Number(answer.headers.get('retry-after') ?? 1) * 1_000)
  }
}

async function fetchOnce({ url }: Stack, method: string, path: string, init: Init): Promise<Answer> {
  const answer = await fetch(new URL(path, url), { method, ...init })
  const text = await answer.text()
  const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '')
  // A range of an answer is no JSON.
  const json = isJson && text !== '' && answer.status !== 206 ? JSON.parse(text) : undefined
  const id = json?.id ?? answer.headers.get('location')?.split('/').at(-1) ?? ''
  return { method, path, status: answer.status, headers: answer.headers, text, json, id }
}
