import type { View } from './catalogue.ts'

/** Lifecycle stage of a version of a resource. */
export type LifecycleStage = 'active' | 'deprecated' | 'gone'

/** @param now milliseconds since the epoch */
export function lifecycleStage({ representation: { deprecation } }: View, now: number): LifecycleStage {
  if (deprecation === undefined || now < Date.parse(deprecation.deprecatedAt)) return 'active'
  const { sunsetAt } = deprecation
  return sunsetAt !== undefined && now >= Date.parse(sunsetAt) ? 'gone' : 'deprecated'
}

/**
 * Headers that announce a deprecation: `Deprecation` (RFC 9745 §2, a structured-field date), `Sunset` (RFC 8594 §3, an
 * HTTP date) and a link to the successor (RFC 5829 §3.2). Empty for an active version; `Deprecation` may be in the
 * future.
 */
export function lifecycleHeaders({
  resource,
  representation: { deprecation },
}: View): readonly (readonly [string, string])[] {
  if (deprecation === undefined) return []
  const announced: [string, string][] = [
    ['deprecation', `@${Math.floor(Date.parse(deprecation.deprecatedAt) / 1_000)}`],
    ['link', `</${deprecation.successor}/${resource.name}>; rel="successor-version"`],
  ]
  if (deprecation.sunsetAt !== undefined) {
    announced.push(['sunset', new Date(deprecation.sunsetAt).toUTCString()])
  }
  return announced
}
