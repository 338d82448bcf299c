import { bundleFixture } from '@spillway/edge/dev/edge-bundle'
import { edgeVariables } from '@spillway/edge/dev/edge-variables'
import { startIssuer, trustedIssuer } from '@spillway/edge/dev/issuer'
import { createKey } from '@spillway/edge/dev/keys'
import { startWorkerProcess } from '@spillway/edge/dev/worker-process'
import { edgeEnv } from '@spillway/origin/contract'
import { startTestApp } from '../../origin/test/support/app.ts'
import { edgeKey } from '../../origin/test/support/assertions.ts'

interface ExampleStackOptions {
  /** Worker of the same application: a file of `edge/test/fixture`, without its ending. */
  readonly worker: string
  readonly app: Parameters<typeof startTestApp>[0]
  /** Claims of the tokens, by the names of the people who have one. */
  readonly people: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Places of the claims that rules name. @default the claims of the same names */
  readonly claims?: Readonly<Record<string, string>>
  /** Key with which the origin may purge. @default none */
  readonly purgeKey?: string
}

export interface Sent {
  readonly body?: object | undefined
  readonly headers?: Readonly<Record<string, string>>
}

export type ExampleStack = Awaited<ReturnType<typeof startExampleStack>>

/** Starts an application of the documentation: issuer, edge and origin, over the database of the run. */
export async function startExampleStack({ worker, app, people, claims, purgeKey }: ExampleStackOptions) {
  await using closing = new AsyncDisposableStack()
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  closing.defer(() => issuer.stop())
  const tokens = new Map<string, string>()
  for (const [sub, own] of Object.entries(people)) {
    tokens.set(sub, await issuer.mintToken({ sub, claims: own }))
  }
  const origin = await startTestApp(app)
  closing.defer(() => origin.stop())
  const { scriptFile, workerOptions } = await bundleFixture(worker)
  const { compatibilityDate, compatibilityFlags } = workerOptions
  const edge = await startWorkerProcess(
    { scriptFile, compatibilityDate, compatibilityFlags },
    {
      variables: {
        ...edgeVariables({
          originUrls: [`http://127.0.0.1:${origin.port}`],
          trustedIssuers: [{ ...trustedIssuer(issuer), ...(claims !== undefined && { claims }) }],
          assertionKey: edgeKey,
        }),
        LOCATION_CACHE: 'off',
        ...(purgeKey !== undefined && { [edgeEnv.purgeKey]: purgeKey }),
      },
    },
  )
  closing.defer(() => edge.stop())
  const started = closing.move()
  return {
    url: edge.url,
    origin,
    tokens,
    /** Makes a token of a person with other claims. */
    mint: (sub: string, own: Readonly<Record<string, unknown>>) => issuer.mintToken({ sub, claims: own }),
    stop: () => started.disposeAsync(),
    /** Sends a request as a person, or without a token. */
    async send(who: string | undefined, method: string, path: string, { body, headers = {} }: Sent = {}) {
      const token = who === undefined ? undefined : tokens.get(who)
      const answer = await fetch(edge.url + path, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      return {
        status: answer.status,
        isHit: /; *hit/.test(answer.headers.get('cache-status') ?? ''),
        etag: answer.headers.get('etag') ?? '',
        location: answer.headers.get('location') ?? '',
        json: text === '' ? undefined : JSON.parse(text),
      }
    },
  }
}
