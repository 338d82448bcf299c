import type { FieldReader } from '../../lib/field-map.ts'
import { remembered } from '../../lib/remembered.ts'
import { listMembers } from './blanks.ts'
import { type Directives, deltaSeconds, parseDirectives } from './directives.ts'
import type { CacheRules } from './rules.ts'
import { parseSurrogateControl } from './surrogate-control.ts'
import { parseTargetedControl } from './targeted-control.ts'

/** Cache directives of a response (RFC 9111 §5.2.2, RFC 5861), as a shared cache reads them. */
export interface ResponseControl {
  /** Parsed from a targeted field, so `Cache-Control` and `Expires` are ignored (RFC 9213 §2.2). */
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
  /**
   * Fields named by qualified `no-cache` and `private`, in lower case: only the fetching request receives them, and
   * they are not stored (§5.2.2.4, §5.2.2.7).
   */
  readonly withheldFields: ReadonlySet<string>
}

export function responseControl(headers: FieldReader, rules: CacheRules): ResponseControl {
  for (const name of rules.targetedFields) {
    const value = headers.get(name)
    const control = value === null ? undefined : targetedControl(value)
    if (control !== undefined) return control
  }
  if (rules.surrogateControl) {
    const value = headers.get('surrogate-control')
    const directives = value === null ? undefined : parseSurrogateControl(value, rules.name)
    if (directives !== undefined) return interpret(directives, true)
  }
  return usualControl(headers.get('cache-control') ?? '')
}

/** A text of usual length; a browser's whole header has some thousand characters. */
const known = { countMax: 64, lengthMax: 512 }

const targetedControl = remembered((value): ResponseControl | undefined => {
  const directives = parseTargetedControl(value)
  return directives && interpret(directives, true)
}, known)

const usualControl = remembered((value) => interpret(parseDirectives(value), false), known)

function interpret(directives: Directives, targeted: boolean): ResponseControl {
  const noCache = qualified(directives.get('no-cache'))
  const isPrivate = qualified(directives.get('private'))
  const shared = directives.get('s-maxage')
  const mustRevalidate = directives.has('must-revalidate')
  const lifetime = shared ?? directives.get('max-age')
  return {
    targeted,
    noStore: directives.has('no-store'),
    noCache: noCache === 'all',
    private: isPrivate === 'all',
    public: directives.has('public'),
    mustRevalidate,
    mustUnderstand: directives.has('must-understand'),
    staleForbidden:
      mustRevalidate || directives.has('proxy-revalidate') || shared !== undefined || noCache === 'all',
    hasSharedMaxAge: shared !== undefined,
    lifetimeSeconds: lifetime === undefined ? undefined : (deltaSeconds(lifetime) ?? 0),
    staleWhileRevalidateSeconds: deltaSeconds(directives.get('stale-while-revalidate')) ?? 0,
    staleIfErrorSeconds: deltaSeconds(directives.get('stale-if-error')),
    withheldFields: new Set([...fieldsOf(noCache), ...fieldsOf(isPrivate)]),
  }
}

/**
 * Fields that the cache itself relies on. Without one of them, a stored answer would be reused for longer, for others
 * or in another form than the origin allows. So a qualified directive that names one counts as unqualified, as many
 * caches treat all of them (§5.2.2.4, §5.2.2.7).
 */
const needed = new Set([
  'age',
  'cache-control',
  'cache-tag',
  'cdn-cache-control',
  'content-encoding',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'surrogate-control',
  'vary',
])

/** `no-cache` or `private`: absent, unqualified, or qualified with field names. */
type Qualified = undefined | 'all' | readonly string[]

function qualified(argument: string | true | undefined): Qualified {
  if (argument === undefined) return undefined
  const names = argument === true ? [] : listMembers(argument.toLowerCase())
  return names.length === 0 || names.some((name) => needed.has(name)) ? 'all' : names
}

const fieldsOf = (directive: Qualified): readonly string[] =>
  directive === undefined || directive === 'all' ? [] : directive
