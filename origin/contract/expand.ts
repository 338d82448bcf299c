import { type CacheRule, narrowest, type Visibility } from './cache-policy.ts'
import type { View } from './catalogue.ts'
import type { Principal } from './principal.ts'
import type { FieldError } from './problem.ts'
import { idsIn } from './references.ts'
import { storedPath } from './resource.ts'

/**
 * Expansion of references: a read that asks for it shows the documents that a field names beside the field. Each is shown
 * under the read rule of its own resource, and as `null` where that hides it or where there is none.
 */
export interface Expansion {
  /** The field as the version names it. */
  readonly name: string
  /** The stored field. */
  readonly path: string
  /** The documents, as the same version shows them. */
  readonly target: View
  /** Ids that one document may name there. */
  readonly idsMax: number
}

/** Documents that one answer may have to look up for its expansions. */
export const expandMax = 1_000

/** References that a view can expand: those that it shows, to resources that its version has. */
export function expansionsOf({ resource, version, representation }: View): readonly Expansion[] {
  if (resource.targets.size === 0) return none
  return Object.keys(representation.schema.properties).flatMap((name): Expansion[] => {
    const path = storedPath(representation, name) ?? ''
    const target = resource.targets.get(path)
    const shown = target?.versions.get(version)
    const property = resource.schema.properties[path]
    if (target === undefined || shown === undefined || property === undefined) return []
    const view = { resource: target, version, representation: shown }
    return [{ name, path, target: view, idsMax: idsIn(property) ?? 0 }]
  })
}

const none: readonly Expansion[] = []

/**
 * The parameter `expand`: names of references, in the order of their names.
 *
 * @param documentsMax documents of the answer
 */
export function parseExpand(
  view: View,
  text: string | undefined,
  documentsMax: number,
  errors: FieldError[],
): readonly Expansion[] {
  if (text === undefined) return none
  const known = expansionsOf(view)
  const asked = new Map<string, Expansion>()
  const refuse = (detail: string) => errors.push({ parameter: 'expand', detail })
  // Among one more than there are, one is unknown or stands twice.
  for (const name of text.split(',').slice(0, known.length + 1)) {
    const found = known.find((one) => one.name === name)
    if (found === undefined) {
      refuse(`Unknown reference. Supported: ${known.map((one) => one.name).join(', ')}.`)
    } else if (asked.has(name)) refuse(`Duplicate reference '${name}'.`)
    else asked.set(name, found)
  }
  const each = [...asked.values()].reduce((sum, { idsMax }) => sum + idsMax, 0)
  if (each * documentsMax > expandMax) {
    refuse(
      `Too many documents to expand: ${each * documentsMax}, at most ${expandMax}. Lower limit, or expand fewer references.`,
    )
  }
  return [...asked.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Rule of an answer that shows documents of several resources: the narrowest of each part, and none where one has none. */
export const joinedCacheRule = (cache: CacheRule, expand: readonly Expansion[]): CacheRule =>
  expand.reduce((joined, { target }) => narrowest(joined, target.resource.cache), cache)

/** Whether all callers who may ask are shown the same of what is expanded. */
export const isExpandedAlike = (expand: readonly Expansion[]): boolean =>
  expand.every(({ target }) => visibilityOf(target) === 'public')

/**
 * Audience of what is expanded, as a text: the residuals of each target's read rule and of those of its fields, whoever checks them. The edge has checked
 * the rule of the resource that was asked for, and none of these.
 */
export const expandedAudience = (
  expand: readonly Expansion[],
  principal: Principal | undefined,
): readonly (readonly (string | undefined)[])[] =>
  expand.map(({ target }) => [
    target.resource.audiences.read.of(principal).text,
    target.resource.fieldAccess.audienceOf(principal),
    ...(visibilityOf(target) === 'subject' ? [principal?.subject] : []),
  ])

const visibilityOf = ({ resource: { cache } }: View): Visibility | undefined =>
  cache.kind === 'stored' ? cache.visibility : undefined
