import { NormalizedSchema } from '@smithy/core/schema'

/**
 * The wire formats of AWS, read and written by the SDK's own schemas: a parameter that its operation does not have, or
 * a required one that is missing, is refused as by the real service. The casts are safe: a schema says what is there.
 */
export type Fields = Readonly<Record<string, unknown>>

/** An error that the service answers, by its own code. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export interface OperationSchema {
  readonly name: string
  /** Method and path of a service that has them. */
  readonly http: readonly [string, string] | undefined
  readonly input: NormalizedSchema
  readonly output: NormalizedSchema
}

/** An operation's schema among the exports of its client, where its name ends in `$`. */
export function operationSchema(client: Fields, name: string): OperationSchema {
  const found = client[`${name}$`] as [number, string, string, Fields | 0, unknown, unknown] | undefined
  if (found?.[0] !== 9) throw new Fault('InvalidAction', `no operation ${name}`)
  const [, , , traits, input, output] = found
  return {
    name,
    http: traits === 0 ? undefined : (traits.http as [string, string] | undefined),
    input: NormalizedSchema.of(input as never),
    output: NormalizedSchema.of(output as never),
  }
}

/** Input of the query protocol: a form with one field for each value, lists by number. */
export function readForm(schema: NormalizedSchema, form: URLSearchParams): Fields {
  const left = new Set([...form.keys()].filter((key) => key !== 'Action' && key !== 'Version'))
  const input = formValue(schema, '', form, left) as Fields
  for (const key of left) throw new Fault('ValidationError', `unknown parameter ${key}`)
  return checked(schema, input)
}

function formValue(schema: NormalizedSchema, at: string, form: URLSearchParams, left: Set<string>): unknown {
  const keys = [...form.keys()].filter((key) => key === at || at === '' || key.startsWith(`${at}.`))
  if (keys.length === 0) return undefined
  if (schema.isStructSchema()) {
    const members = [...schema.structIterator()].map(([name, member]) => {
      const wire = (member.getMergedTraits().xmlName as string | undefined) ?? name
      return [name, formValue(member, at === '' ? wire : `${at}.${wire}`, form, left)]
    })
    return Object.fromEntries(members.filter(([, value]) => value !== undefined))
  }
  if (schema.isListSchema()) {
    left.delete(at)
    const member = schema.getValueSchema()
    const name = (member.getMergedTraits().xmlName as string | undefined) ?? 'member'
    const items: unknown[] = []
    for (let index = 1; ; index += 1) {
      const item = formValue(member, `${at}.${name}.${index}`, form, left)
      if (item === undefined) return items
      items.push(item)
    }
  }
  left.delete(at)
  const text = form.get(at) as string
  if (schema.isNumericSchema()) return Number(text)
  if (schema.isBooleanSchema()) return text === 'true'
  return text
}

/** @throws {Fault} for a required member that is missing, or one that does not exist, at any depth */
export function checked(schema: NormalizedSchema, value: Fields): Fields {
  if (schema.isStructSchema()) {
    const [, , , , names, , required = 0] = schema.getSchema() as unknown as [
      0,
      0,
      0,
      0,
      string[],
      0,
      number?,
    ]
    const missing = names.slice(0, required).filter((name) => value[name] === undefined)
    if (missing.length > 0) throw new Fault('ValidationError', `missing: ${missing.join(', ')}`)
    for (const [name, member] of Object.entries(value)) {
      if (!names.includes(name)) throw new Fault('ValidationError', `unknown parameter ${name}`)
      if (typeof member === 'object' && member !== null)
        checked(schema.getMemberSchema(name), member as Fields)
    }
  } else if (schema.isListSchema()) {
    for (const item of value as unknown as unknown[])
      if (typeof item === 'object') checked(schema.getValueSchema(), item as Fields)
  }
  return value
}

/** Output of the query protocol. */
export function writeXml(schema: NormalizedSchema, value: unknown): string {
  if (value === undefined) return ''
  if (schema.isStructSchema()) {
    return [...schema.structIterator()]
      .map(([name, member]) => {
        const item = (value as Fields)[name]
        if (item === undefined) return ''
        const wire = (member.getMergedTraits().xmlName as string | undefined) ?? name
        return `<${wire}>${writeXml(member, item)}</${wire}>`
      })
      .join('')
  }
  if (schema.isListSchema()) {
    const member = schema.getValueSchema()
    const name = (member.getMergedTraits().xmlName as string | undefined) ?? 'member'
    return (value as unknown[]).map((item) => `<${name}>${writeXml(member, item)}</${name}>`).join('')
  }
  if (value instanceof Date) return value.toISOString()
  return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

/** Output of the JSON protocols, where a time is a number of seconds. */
export const writeJson = (value: unknown): string =>
  JSON.stringify(value, function (this: Fields, key, item) {
    const original = this[key]
    return original instanceof Date ? original.getTime() / 1_000 : item
  })
