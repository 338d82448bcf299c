import { type Directives, deltaSeconds, parseDirectives } from './directives.ts'
import type { CacheRules } from './rules.ts'
import { parseStructuredDictionary } from './structured-dictionary.ts'
import { parseSurrogateControl } from './surrogate-control.ts'

/** What an answer says about its own storage and reuse (RFC 9111 §5.2.2, RFC 5861), read for a shared cache. */
export interface ResponseControl {
  /** From a targeted field: `Cache-Control` and `Expires` do not count (RFC 9213 §2.2). */
  readonly targeted: boolean
  readonly noStore: boolean
  /** Unqualified `no-cache`: never reused without validation. */
  readonly noCache: boolean
  /** Unqualified `private`. */
  readonly private: boolean
  readonly public: boolean
  readonly mustRevalidate: boolean
  readonly mustUnderstand: boolean
  /** Staleness is forbidden: `must-revalidate`, `proxy-revalidate`, `s-maxage` or `no-cache` (RFC 9111 §4.2.4). */
  readonly staleForbidden: boolean
  readonly hasSharedMaxAge: boolean
  /** `s-maxage`, else `max-age`; 0 when unreadable (§4.2.1), `undefined` when there is neither. */
  readonly lifetimeSeconds: number | undefined
  readonly staleWhileRevalidateSeconds: number
  readonly staleIfErrorSeconds: number | undefined
  /** Fields named by qualified `no-cache` and `private`: not reused from the store (§5.2.2.4, §5.2.2.7). */
  readonly withheldFields: readonly string[]
}

export function responseControl(headers: Headers, rules: CacheRules): ResponseControl {
  for (const name of rules.targetedFields) {
    const value = headers.get(name)
    const directives = value === null ? undefined : parseStructuredDictionary(value)
    if (directives !== undefined && directives.size > 0) return interpret(directives, true)
  }
  if (rules.surrogateControl) {
    const value = headers.get('surrogate-control')
    const directives = value === null ? undefined : parseSurrogateControl(value, rules.name)
    if (directives !== undefined) return interpret(directives, true)
  }
  return interpret(parseDirectives(headers.get('cache-control') ?? ''), false)
}

function interpret(directives: Directives, targeted: boolean): ResponseControl {
  const noCache = directives.get('no-cache')
  const isPrivate = directives.get('private')
  const shared = directives.get('s-maxage')
  const mustRevalidate = directives.has('must-revalidate')
  const lifetime = shared ?? directives.get('max-age')
  return {
    targeted,
    noStore: directives.has('no-store'),
    noCache: noCache !== undefined && !isFieldList(noCache),
    private: isPrivate !== undefined && !isFieldList(isPrivate),
    public: directives.has('public'),
    mustRevalidate,
    mustUnderstand: directives.has('must-understand'),
    staleForbidden:
      mustRevalidate || directives.has('proxy-revalidate') || shared !== undefined || noCache === true,
    hasSharedMaxAge: shared !== undefined,
    lifetimeSeconds: lifetime === undefined ? undefined : (deltaSeconds(lifetime) ?? 0),
    staleWhileRevalidateSeconds: deltaSeconds(directives.get('stale-while-revalidate')) ?? 0,
    staleIfErrorSeconds: deltaSeconds(directives.get('stale-if-error')),
    withheldFields: [...fieldList(noCache), ...fieldList(isPrivate)],
  }
}

const isFieldList = (argument: string | true): argument is string =>
  argument !== true && argument.trim() !== ''

const fieldList = (argument: string | true | undefined): string[] =>
  argument === undefined || !isFieldList(argument)
    ? []
    : argument
        .split(',')
        .map((name) => name.trim().toLowerCase())
        .filter((name) => name !== '')
