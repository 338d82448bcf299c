import { DefinitionError, type View } from '@spillway/origin/contract'
import { isSafePattern } from 'redos-detector'

/**
 * Patterns of schemas run on callers' texts, and V8 goes back over a text as often as a pattern has ways to match it: `(a+)+`
 * takes longer than anybody lives for forty letters, `\s+$` the square of the length. So each is looked through before
 * anything starts, and one with more than a bounded number of ways back is refused; with it go a few that are slow by no
 * more than a factor, which can be written in another way. The search is exact (redos-detector); star-height rules miss
 * `(a|a)*` and `\s+$`.
 *
 * @throws {DefinitionError} that names the field, the pattern and the fix
 */
export function checkPatterns({ resource, version, representation }: View): void {
  const mistakes = new Set<string>()
  for (const [place, schema] of [
    ['schema', resource.schema],
    [`versions.${version}`, representation.schema],
  ] as const) {
    for (const mistake of mistakesIn(schema, place)) mistakes.add(mistake)
  }
  if (mistakes.size > 0) throw new DefinitionError(resource.name, [...mistakes])
}

/** The same for the input of an action. @throws {DefinitionError} */
export function checkInputPatterns(action: string, schema: unknown): void {
  const mistakes = [...mistakesIn(schema, 'input')]
  if (mistakes.length > 0) throw new DefinitionError(action, mistakes, 'action')
}

function* mistakesIn(schema: unknown, place: string): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return
  const { pattern, patternProperties, uniqueItems, items, maxItems } = schema as Schema
  if (typeof pattern === 'string') yield* mistakesOf(pattern, place)
  for (const name of Object.keys(patternProperties ?? {})) yield* mistakesOf(name, place)
  // Ajv compares each item that is no scalar with every other one.
  if (
    uniqueItems === true &&
    !isScalar(items) &&
    !((maxItems ?? Number.POSITIVE_INFINITY) <= comparedItemsMax)
  ) {
    yield `${place}: uniqueItems compares every item with every other one: give it a maxItems of at most ${comparedItemsMax}`
  }
  for (const [name, part] of Object.entries(schema)) {
    if (name === 'properties') {
      for (const [field, schemaOfField] of Object.entries(part)) {
        yield* mistakesIn(schemaOfField, `${place}.${field}`)
      }
    } else if (!valueKeywords.has(name)) yield* mistakesIn(part, `${place}.${name}`)
  }
}

/** They hold values, and no schema. */
const valueKeywords: ReadonlySet<string> = new Set(['default', 'examples', 'example', 'const', 'enum'])

interface Schema {
  readonly pattern?: unknown
  readonly patternProperties?: object
  readonly uniqueItems?: unknown
  readonly items?: { readonly type?: unknown }
  readonly maxItems?: number
}

const comparedItemsMax = 100

const isScalar = (items: Schema['items']): boolean =>
  ['string', 'number', 'integer', 'boolean', 'null'].includes(items?.type as string)

/** Verdict of each pattern, computed once: several fields and versions often share one. */
const verdicts = new Map<string, string | undefined>()

function* mistakesOf(pattern: string, place: string): Generator<string> {
  if (!verdicts.has(pattern)) verdicts.set(pattern, objectionTo(pattern))
  const objection = verdicts.get(pattern)
  if (objection !== undefined) yield `${place}: the pattern ${pattern} ${objection}`
}

/** A pattern of a definition that is fine is decided within a few ms; one that is not decided in this time is refused. */
const searchMsMax = 2_000

function objectionTo(pattern: string): string | undefined {
  try {
    // Ajv compiles patterns with `u`.
    if (isSafePattern(pattern, { unicode: true, timeout: searchMsMax }).safe) return undefined
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`
  }
  return (
    'can match one text in too many ways, so that a caller can make it take very long: begin it with ^, and let no two ' +
    'repeats that follow each other, or lie in each other, take the same characters'
  )
}
