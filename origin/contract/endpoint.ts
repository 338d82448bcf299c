import { type Static, Type } from 'typebox'
import { type AccessRule, anyone } from './access.ts'
import {
  type Action,
  type ActionDefinition,
  type ActionOutput,
  type ActionResource,
  action,
  type RawBody,
} from './action.ts'
import { DefinitionError } from './definition-check.ts'
import { limits } from './limits.ts'

/** Input of an endpoint's handler. */
const rawInput = Type.Object({
  /** The unparsed bytes of the body, over which signatures are computed. */
  bytes: Type.Unsafe<Uint8Array>({}),
  /** The named header fields that the request has. */
  headers: Type.Unsafe<Readonly<Record<string, string | undefined>>>({}),
})
export type RawInput = Static<typeof rawInput>

/** Definition of an endpoint for requests of other systems, such as webhooks, as a developer writes it. */
export interface EndpointDefinition<
  On extends ActionResource,
  Output extends ActionOutput,
  Reason extends string,
> extends Omit<
    ActionDefinition<On, typeof rawInput, Output, Reason, 'collection'>,
    'target' | 'input' | 'access'
  > {
  /** @default anyone: the handler checks the sender's signature */
  readonly access?: AccessRule
  /** Header fields for the handler, e.g. `['webhook-id', 'webhook-signature']`. @default none */
  readonly headers?: readonly string[]
  /** Accepted media types. @default any */
  readonly types?: readonly string[]
  /** Maximum bytes of the body. @default 262144, the maximum of any body */
  readonly bytesMax?: number
}

/**
 * Defines an endpoint: `POST /v1/payments/provider-webhook` with a body that reaches the handler unparsed. Otherwise it
 * is an action on the collection.
 *
 * @throws {DefinitionError} with all mistakes and their fixes
 */
export function endpoint<
  On extends ActionResource,
  Output extends ActionOutput = undefined,
  Reason extends string = never,
>(
  name: string,
  definition: EndpointDefinition<On, Output, Reason>,
): Action<On, typeof rawInput, Output, Reason, 'collection'> {
  const { headers = [], types, bytesMax = limits.bodyBytesMax, access = anyone, ...rest } = definition
  const mistakes = [...checkRaw({ headers, types, bytesMax })]
  if (mistakes.length > 0) throw new DefinitionError(name, mistakes, 'action')
  const made = action(name, { ...rest, access, target: 'collection', input: rawInput })
  return { ...made, raw: { headers, types, bytesMax } }
}

/** Header fields that the edge sets, or that decide how a body is read. */
const takenHeaders =
  /^(authorization|cookie|connection|content-length|host|transfer-encoding|spillway-.*|x-forwarded-.*)$/

function* checkRaw({ headers, types, bytesMax }: RawBody): Generator<string> {
  for (const header of headers) {
    if (!/^[a-z0-9-]{1,64}$/.test(header)) yield `headers: '${header}' must be a field name in lower case`
    if (takenHeaders.test(header)) yield `headers: '${header}' is not passed on by the edge: remove it`
  }
  for (const type of types ?? []) {
    if (!/^[a-z0-9.+-]+\/[a-z0-9.+-]+$/.test(type))
      yield `types: '${type}' must be a media type in lower case`
  }
  if (!Number.isInteger(bytesMax) || bytesMax < 1 || bytesMax > limits.bodyBytesMax) {
    yield `bytesMax ${bytesMax}: must be an integer from 1 to ${limits.bodyBytesMax}`
  }
}
