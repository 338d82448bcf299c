import { type CacheRule, narrowest, type Visibility } from './cache-policy.ts'
import type { View } from './catalogue.ts'
import { oncePerView } from './once-per-view.ts'
import type { Principal } from './principal.ts'
import type { FieldError } from './problem.ts'
import { idsIn } from './references.ts'
import { storedPath } from './stored-path.ts'

/**
 * Expansion of references: an answer also contains the documents that its reference fields name. Each is subject to the
 * read rule of its own resource. A document that does not exist or that the caller may not read is `null`.
 */
export interface Expansion {
  /** The field's name in the version. */
  readonly name: string
  /** The stored field. */
  readonly path: string
  /** The referenced documents, in the same version. */
  readonly target: View
  /** Maximum ids in the field of one document. */
  readonly idsMax: number
}

/** Maximum look-ups for the expansions of one answer. */
export const expandMax = 1_000

/** References that a view can expand: those in its schema, to resources that have the same version. */
export const expansionsOf = oncePerView(({ resource, version, representation }): readonly Expansion[] =>
  Object.keys(representation.schema.properties).flatMap((name): Expansion[] => {
    const path = storedPath(representation, name) ?? ''
    const target = resource.targets.get(path)
    const shown = target?.versions.get(version)
    const property = resource.schema.properties[path]
    if (target === undefined || shown === undefined || property === undefined) return []
    const view = { resource: target, version, representation: shown }
    return [{ name, path, target: view, idsMax: idsIn(property) ?? 0 }]
  }),
)

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
  // Checks one name more than there are references: of these one must be unknown or duplicate.
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

/**
 * Cache rule of an answer with documents of several resources: the strictest value of each part, and `none` if one of
 * them is `none`.
 */
export const joinedCacheRule = (cache: CacheRule, expand: readonly Expansion[]): CacheRule =>
  expand.reduce((joined, { target }) => narrowest(joined, target.resource.cache), cache)

/** Whether all callers with access see the same expanded documents. */
export const isExpandedAlike = (expand: readonly Expansion[]): boolean =>
  expand.every(({ target }) => visibilityOf(target) === 'public')

/**
 * Audience of the expanded documents, as text: the residuals of each target's read rule and of its field rules. The
 * edge has checked the rule of the requested resource only.
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
