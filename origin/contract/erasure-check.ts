import type { ResourceDefinition } from './definition.ts'
import { type Blanks, isKept, pseudonymSample, resolveErasure } from './erasure.ts'
import { type Keywords, requiredOf } from './keywords.ts'

/** Mistakes in the options of `erasure`, each with its fix. */
export function* checkErasure(definition: ResourceDefinition): Generator<string> {
  const { erasure = {}, schema, stored } = definition
  for (const [field, fate] of Object.entries(resolveErasure(erasure))) {
    const place = `erasure.${field}`
    const property: Keywords | undefined = schema.properties[field]
    if (property === undefined) {
      yield `${place}: the schema does not have '${field}': add the field or remove it from erasure`
      continue
    }
    if (stored !== undefined && !isKept(fate)) {
      yield `${place}: others write these documents as well, and might bring back what was erased: erase it there, and say so by { keep: 'reason' }`
      continue
    }
    const text: Keywords | undefined = property.type === 'array' ? property.items : property
    if (text?.type !== 'string') {
      yield `${place}: a field with subjects is a text, or an array of texts`
    } else if (fate !== 'delete' && !isKept(fate)) {
      if ((text.maxLength ?? Number.POSITIVE_INFINITY) < pseudonymSample.length)
        yield `${place} gets a pseudonym of ${pseudonymSample.length} characters: raise its maxLength`
      yield* checkBlanks(place, field, fate, definition)
    }
  }
}

function* checkBlanks(
  place: string,
  own: string,
  { set = {}, remove = [] }: Blanks,
  { schema, indexes = [] }: ResourceDefinition,
): Generator<string> {
  for (const name of [...Object.keys(set), ...remove]) {
    if (!Object.hasOwn(schema.properties, name))
      yield `${place} names '${name}', which the schema does not have: add the field or remove it`
    else if (name === own) yield `${place} names itself: it gets a pseudonym anyway`
  }
  const unique = new Set(
    indexes.flatMap(({ fields, unique }) => (unique === true ? Object.keys(fields) : [])),
  )
  for (const [name, value] of Object.entries(set)) {
    if (!isValueOf(schema.properties[name] ?? {}, value))
      yield `${place}.set: ${JSON.stringify(value)} is not a value of '${name}': name one that its schema allows`
    if (unique.has(name))
      yield `${place}.set sets '${name}', which is unique: two documents cannot have one constant`
  }
  for (const name of remove) {
    if (requiredOf(schema).includes(name))
      yield `${place}.remove names '${name}', which every document must have: give it a constant in set`
  }
}

/** Whether a constant has the type of its field, and is one of its choices. */
function isValueOf({ type, enum: choices }: Keywords, value: unknown): boolean {
  if (choices !== undefined) return choices.includes(value)
  return type === undefined || type === typeof value || (type === 'integer' && Number.isInteger(value))
}
