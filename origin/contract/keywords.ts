import type { TSchema } from 'typebox'

/**
 * Keywords of JSON Schema that a schema may have. TypeBox's `TSchema` declares none, because each kind of schema has its
 * own, so a schema can be read as this type without a cast. A definition whose keywords have other types is refused
 * ({@link ./schema-check.ts}).
 */
export interface Keywords {
  readonly type?: string
  readonly format?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly TSchema[]
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly required?: readonly string[]
  /** Schema of every item of an array, or of each item of a tuple. */
  readonly items?: TSchema | TSchema[]
  readonly maxItems?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly readOnly?: boolean
}

/** Names of the members that a schema requires. */
export const requiredOf = ({ required = [] }: Keywords): readonly string[] => required

/** Names and schemas of an object's members. */
export const membersOf = ({ properties = {} }: Keywords): [string, TSchema][] => Object.entries(properties)

export const isReadOnly = ({ readOnly }: Keywords): boolean => readOnly === true
