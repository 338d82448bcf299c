import { consistencyHeader, headers } from '@spillway/origin/contract'

type Field = readonly [name: string, value: string]

/** Response headers that scripts of a listed origin may read, beyond those that Fetch always exposes. */
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

/** Request headers that scripts may send, beyond those that Fetch always allows. */
const allowed = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-Modified-Since',
  'If-None-Match',
  'If-Unmodified-Since',
  'Last-Event-ID',
  'Prefer',
  'Range',
  'Traceparent',
  'Tracestate',
  headers.requestId,
  consistencyHeader,
].join(', ')

/**
 * Cross-origin access (Fetch standard, §3.3) by configuration. Credentials are never allowed: callers identify
 * themselves by a token, so no page can borrow a visitor's session. Headers that are the same for everybody are kept
 * apart from those that depend on `Origin`: the former are stored with the answer and cost nothing on a hit.
 */
export class Cors {
  readonly #origins: '*' | ReadonlySet<string>
  /** For every answer. With a list of origins the answer varies by `Origin`, whether or not the request has one. */
  readonly always: readonly Field[]

  constructor(origins: '*' | ReadonlySet<string>) {
    this.#origins = origins
    if (origins === '*') {
      this.always = [
        ['access-control-allow-origin', '*'],
        // The wildcard covers requests without credentials, and this configuration admits no others (Fetch, "CORS
        // protocol and credentials"). It saves 200 bytes per answer.
        ['access-control-expose-headers', '*'],
      ]
    } else this.always = origins.size === 0 ? [] : [['vary', 'Origin']]
  }

  /** Whether {@link forOrigin} adds anything. */
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

  /** Answer to a preflight request; `allow` lists the methods of the route. */
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
