import type { TSchema } from 'typebox'
import type { ResourceDefinition } from '../definition.ts'
import { filterTypeOf, isTextOrId, parseFilterValue } from '../filter-type.ts'
import { isOrdered } from '../index-kind.ts'
import { type Keywords, requiredOf } from '../keywords.ts'
import { isPublic } from './decide.ts'
import { type AccessRules, creatorField, ownersIn, resolveAccess } from './options.ts'
import { type AccessRule, fieldsOf, ownerField, partsOf } from './rule.ts'

type Definition = Pick<ResourceDefinition, 'schema' | 'access' | 'indexes' | 'versions' | 'set'>

/** Mistakes in the access rules of a resource, each with its fix. */
export function* checkAccess(definition: Definition): Generator<string> {
  const rules = resolveAccess(definition.access)
  const mistakes = [
    ...Object.entries(rules).flatMap(([right, rule]) => [...checkParts(right, rule, definition)]),
  ]
  yield* new Set(mistakes)
  yield* checkCreator(rules)
  // The other checks assume that the fields exist.
  if (mistakes.length > 0) return
  yield* checkNewDocuments(rules, definition)
  yield* checkNarrowing(rules.read, definition)
}

/** Maximum alternatives of one rule: the database answers each from its own index, and joins the results. */
const alternativesMax = 16

export function* checkParts(right: string, rule: AccessRule, definition: Definition): Generator<string> {
  for (const part of partsOf(rule)) {
    if ((part.kind === 'any' || part.kind === 'all') && part.rules.length === 0) {
      yield `access.${right} has ${part.kind}() without a rule: name at least one`
    }
    if (part.kind === 'never' && part !== rule) {
      yield `access.${right} has never among other rules: use it alone, or leave it out`
    }
    yield* checkField(right, part, definition)
  }
  const count = alternativesOf(rule).length
  if (count > alternativesMax) {
    yield `access.${right} comes to ${count} alternatives: at most ${alternativesMax} can be asked of a database at once`
  }
}

function* checkField(right: string, part: AccessRule, definition: Definition): Generator<string> {
  const { properties } = definition.schema
  for (const field of fieldsOf(part)) {
    const schema = properties[field]
    if (schema === undefined) {
      const type = part.kind === 'member' ? 'Type.Array(Type.String())' : 'Type.String()'
      yield part.kind === 'owner'
        ? `access is the owner's by '${field}', which the schema does not have: add ${field}: Type.String()`
        : `access.${right} reads '${field}', which the schema does not have: add ${field}: ${type}`
    } else if (part.kind === 'owner' && !isRequiredText(definition, field)) {
      yield `owner field '${field}' must be a required string: it holds the subject of a token`
    } else if (part.kind === 'tenant' && !isRequiredText(definition, field)) {
      yield `tenant field '${field}' must be a required string: it holds a value of the claim '${part.claim}'`
    } else if (part.kind === 'member' && !isTextArray(schema)) {
      yield `member field '${field}' must be an array of strings: it holds subjects of tokens`
    } else if (part.kind === 'where' && !isValueOf(schema, part.fields[field])) {
      yield `access.${right}: where({ ${field} }) is ${JSON.stringify(part.fields[field])}, which '${field}' can never be: name one of its values`
    }
  }
  if (part.kind === 'where' && fieldsOf(part).length === 0) {
    yield `access.${right} has where({}), which every document satisfies: name a field`
  }
}

/** A creator must not lose access to the new document, nor create it in another subject's name. */
function* checkCreator(rules: AccessRules): Generator<string> {
  const inCreate = ownersIn(rules.create)
  const everywhere = [...new Set(Object.values(rules).flatMap(ownersIn))]
  if (rules.create.kind === 'never' || everywhere.length === 0) return
  if (inCreate.length > 1 || (inCreate.length === 0 && everywhere.length > 1)) {
    yield `access names the owner fields ${everywhere.join(', ')}: name the one that is set from the token in access.create, e.g. owner('${everywhere[0]}')`
  }
  if (isPublic(rules.create)) {
    yield `access.create lets callers without a token make documents that nobody owns: use signedIn`
  }
}

function* checkNewDocuments(rules: AccessRules, { set = {} }: Definition): Generator<string> {
  if (rules.create.kind === 'never') return
  const creator = creatorField(rules)
  const others = [rules.read, rules.update, rules.delete].flatMap((rule) => [...partsOf(rule)])
  // Conditions that every new document satisfies, because `create` requires them.
  const asked = alternativesOf(rules.create).map(
    (parts) => new Set(parts.map((part) => JSON.stringify(part))),
  )
  const isShownToCreator = alternativesOf(rules.read).some((parts) =>
    parts.every(
      (part) =>
        part.kind === 'signedIn' ||
        (part.kind === 'owner' && part.field === creator) ||
        asked.every((words) => words.has(JSON.stringify(part))),
    ),
  )
  const missing = new Map<string, string>()
  for (const part of others) {
    if (part.kind !== 'tenant' && !(part.kind === 'member' && !isShownToCreator)) continue
    if (Object.hasOwn(set, part.field)) continue
    const isHeld = alternativesOf(rules.create).every((parts) =>
      parts.some((one) => one.kind === part.kind && one.field === part.field),
    )
    if (isHeld) continue
    missing.set(
      part.field,
      part.kind === 'tenant' ? `tenant('${part.field}', '${part.claim}')` : `member('${part.field}')`,
    )
  }
  for (const [field, word] of missing) {
    yield `access.create lets a caller make documents by whose '${field}' they are locked out: use all(…, ${word}) there`
  }
}

/** Every alternative that depends on the document must have an index. */
function* checkNarrowing(read: AccessRule, { indexes = [] }: Definition): Generator<string> {
  // Lists of an owner have a stricter check (definition-check.ts).
  if (ownerField(read) !== undefined) return
  const leading = new Set(indexes.filter(isOrdered).map(({ fields }) => Object.keys(fields)[0]))
  const missing = new Set<string>()
  for (const parts of alternativesOf(read)) {
    const fields = parts.flatMap(fieldsOf)
    const [first] = fields
    if (first !== undefined && !fields.some((field) => leading.has(field))) missing.add(first)
  }
  for (const field of missing) {
    yield `access.read narrows lists to '${field}', but no index leads with it: add { fields: { ${field}: 1 } } to indexes`
  }
}

/** The alternatives of a rule: it holds if all plain words of one of these lists hold. */
export function alternativesOf(rule: AccessRule): readonly (readonly AccessRule[])[] {
  if (rule.kind === 'any') return rule.rules.flatMap(alternativesOf)
  if (rule.kind !== 'all') return rule.kind === 'never' ? [] : [[rule]]
  return rule.rules.reduce<readonly (readonly AccessRule[])[]>(
    (found, part) =>
      // Beyond the maximum only the count matters, and a full product could be huge.
      found.length > alternativesMax
        ? found
        : found.flatMap((one) => alternativesOf(part).map((other) => [...one, ...other])),
    [[]],
  )
}

export const isRequired = ({ schema }: Pick<ResourceDefinition, 'schema'>, field: string): boolean =>
  requiredOf(schema).includes(field)

function isRequiredText(definition: Definition, field: string): boolean {
  const schema = definition.schema.properties[field]
  return schema !== undefined && isTextOrId(schema) && isRequired(definition, field)
}

function isTextArray({ type, items }: Keywords): boolean {
  return type === 'array' && items !== undefined && isTextOrId(items)
}

/** Whether the value has the spelling in which it is stored: filters compare strings byte by byte. */
function isValueOf(schema: TSchema, value: unknown): boolean {
  const type = filterTypeOf(schema)
  return type !== undefined && parseFilterValue(type, String(value)) === value
}
