import { DefinitionError, type View } from '@spillway/origin/contract'
import { isSafePattern } from 'redos-detector'

/**
 * Refuses patterns that backtrack too much. Schemas' patterns run on callers' strings, and V8 backtracks: `(a+)+` takes
 * exponential time, `\s+$` quadratic time. So each pattern is analysed at start, and refused if its backtracking is not
 * bounded. A few patterns that are slow only by a constant factor are refused as well, and can be rewritten.
 * The analysis is exact (redos-detector); rules on nested quantifiers miss `(a
 * a)*` and `\s+$`.
 *
 * @throws {DefinitionError} with field, pattern and fix
 */
export function checkPatterns({ resource, version, representation }: View): void {
  const mistakes = new Set<string>()
  for (const [place, schema] of [
    ['schema', resource.schema],
    [`versions.${version}`, representation.schema],
  ] as const) {
    for (const mistake of mistakesIn(schema)) mistakes.add(place + mistake)
  }
  if (mistakes.size > 0) throw new DefinitionError(resource.name, [...mistakes])
}

/** Checks the patterns of an action's input. @throws {DefinitionError} */
export function checkInputPatterns(action: string, schema: object): void {
  const mistakes = mistakesIn(schema).map((mistake) => `input${mistake}`)
  if (mistakes.length > 0) throw new DefinitionError(action, mistakes, 'action')
}

/** Mistakes in a schema, each with its path: `.title: …`. perf: computed once, since each version checks the schema. */
function mistakesIn(schema: object): readonly string[] {
  const known = mistakesOf.get(schema) ?? [...findMistakes(schema, '')]
  mistakesOf.set(schema, known)
  return known
}

const mistakesOf = new WeakMap<object, readonly string[]>()

function* findMistakes(schema: unknown, place: string): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return
  // The cast is safe: every member is checked before use.
  const { pattern, patternProperties, uniqueItems, items, maxItems } = schema as Schema
  if (typeof pattern === 'string') yield* slowPattern(pattern, place)
  for (const name of Object.keys(patternProperties ?? {})) yield* slowPattern(name, place)
  // Ajv compares each item with every other one, unless items are scalars.
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
        yield* findMistakes(schemaOfField, `${place}.${field}`)
      }
    } else if (!valueKeywords.has(name)) yield* findMistakes(part, `${place}.${name}`)
  }
}

/** Keywords whose content is a value, not a schema. */
const valueKeywords: ReadonlySet<string> = new Set(['default', 'examples', 'example', 'const', 'enum'])

interface Schema {
  readonly pattern?: unknown
  readonly patternProperties?: object
  readonly uniqueItems?: unknown
  readonly items?: { readonly type?: unknown }
  readonly maxItems?: number
}

const comparedItemsMax = 100

const isScalar = (items: Schema['items']): boolean => scalars.has(items?.type)

const scalars: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'null'])

function* slowPattern(pattern: string, place: string): Generator<string> {
  const objection = objectionTo(pattern)
  if (objection !== undefined) yield `${place}: the pattern ${pattern} ${objection}`
}

/** A normal pattern is analysed within a few ms; one that takes longer than this is refused. */
const searchMsMax = 2_000

function objectionTo(pattern: string): string | undefined {
  try {
    // With `u`, as Ajv compiles patterns.
    if (isSafePattern(pattern, { unicode: true, timeout: searchMsMax }).safe) return undefined
  } catch (error) {
    // The cast is safe: the library throws errors of its own.
    return `cannot be read: ${(error as Error).message}`
  }
  return (
    'can match one text in too many ways, so a caller can make it take very long: begin it with ^, and let no two ' +
    'repeats that follow each other, or lie in each other, take the same characters'
  )
}
