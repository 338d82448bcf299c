import { headers } from '@spillway/origin/contract'
import { consistencyHeader } from './private-headers.ts'

type Field = readonly [name: string, value: string]

/** Fields of an answer that scripts of a listed origin may read, beside those that Fetch always shows. */
const exposed = [
  'Age',
  'Allow',
  'Cache-Status',
  'Deprecation',
  'ETag',
  'Link',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Sunset',
  'WWW-Authenticate',
  'X-Request-Id',
  'Idempotency-Replayed',
  consistencyHeader,
].join(', ')

/** Fields that scripts may send, beside those that Fetch always lets through. */
const allowed = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-Modified-Since',
  'If-None-Match',
  'If-Unmodified-Since',
  'Prefer',
  'Range',
  'Traceparent',
  'Tracestate',
  headers.requestId,
  consistencyHeader,
].join(', ')

/**
 * Cross-origin access (Fetch standard, §3.3) by configuration. Credentials are never allowed: callers are known by
 * their token, so that no page can borrow a visitor's session. Fields that are the same for everybody are kept apart
 * from those that depend on `Origin`: the former are stored with the answer and cost nothing when it is served.
 */
export class Cors {
  readonly #origins: '*' | ReadonlySet<string>
  /** For every answer. With a list the answer differs by `Origin`, whether or not one was sent. */
  readonly always: readonly Field[]

  constructor(origins: '*' | ReadonlySet<string>) {
    this.#origins = origins
    if (origins === '*') {
      this.always = [
        ['access-control-allow-origin', '*'],
        // The wildcard holds for requests without credentials, and others may not read at all under the line above (Fetch,
        // "CORS protocol and credentials"). Two hundred bytes less in every answer.
        ['access-control-expose-headers', '*'],
      ]
    } else this.always = origins.size === 0 ? [] : [['vary', 'Origin']]
  }

  /** Whether {@link forOrigin} must be asked at all. */
  get dependsOnOrigin(): boolean {
    return this.#origins !== '*' && this.#origins.size > 0
  }

  forOrigin(origin: string | null): readonly Field[] {
    if (origin === null || this.#origins === '*' || !this.#origins.has(origin)) return []
    return [
      ['access-control-allow-origin', origin],
      ['access-control-expose-headers', exposed],
    ]
  }

  /** Answer to a preflight, which asks before it sends; `allow` are the methods of the route. */
  preflight(origin: string, allow: readonly string[]): readonly Field[] {
    if (this.#origins !== '*' && !this.#origins.has(origin)) return this.always
    return [
      ...this.always,
      ...this.forOrigin(origin),
      ['access-control-allow-methods', allow.join(', ')],
      ['access-control-allow-headers', allowed],
      ['access-control-max-age', '7200'],
    ]
  }
}
