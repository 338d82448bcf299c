import { type Client, connect } from '@spillway/origin/client'
import type { Application } from '@spillway/origin/contract'
import { type Stack, type StackOptions, up } from './up.ts'

/** A caller: what their token says. */
export interface Caller {
  readonly subject: string
  readonly scopes?: readonly string[]
  readonly claims?: Readonly<Record<string, unknown>>
}

/** An application behind its edge, in a test. */
export interface TestSystem<App extends Application> extends AsyncDisposable {
  /** The typed client of a caller with a token of the issuer; without one, of somebody without a token. */
  as(caller?: Caller): Client<App>
  /** A request as it is, for what the typed client does not show: status, `Cache-Status`, headers. */
  fetch(path: string, init?: RequestInit & { readonly caller?: Caller }): Promise<Response>
  /** A token of the issuer. */
  token(caller: Caller): Promise<string>
  readonly stack: Stack
}

export type TestSystemOptions = Pick<
  StackOptions,
  'application' | 'databaseUri' | 'seed' | 'originEnv' | 'edgeVariables'
>

/**
 * Starts the whole system in a test: issuer, edge in workerd, origin and database, each its own process. Tokens are
 * verified and answers cached, as in production; clocks are those of the machine.
 */
export async function startTestSystem<App extends Application>(
  options: TestSystemOptions = {},
): Promise<TestSystem<App>> {
  const stack = await up(options)
  const mint = ({ subject, scopes = [], claims = {} }: Caller) =>
    stack.issuer.mintToken({ sub: subject, scopes, claims })
  return {
    stack,
    token: mint,
    as(caller) {
      if (caller === undefined) return connect<App>({ url: stack.url })
      let minted: Promise<string> | undefined
      return connect<App>({
        url: stack.url,
        token: ({ expired }) => (minted = expired ? mint(caller) : (minted ?? mint(caller))),
      })
    },
    async fetch(path, { caller, ...init } = {}) {
      const headers = new Headers(init.headers)
      if (caller !== undefined) headers.set('authorization', `Bearer ${await mint(caller)}`)
      return await fetch(stack.url + path, { ...init, headers })
    },
    [Symbol.asyncDispose]: () => stack.stop(),
  }
}
