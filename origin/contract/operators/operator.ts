import type { CursorValue } from '../cursor.ts'
import type { FilterType } from '../filter-type.ts'

/** Operand of a filter, in stored terms: plain strings, numbers and booleans, never objects. */
export type Operand = CursorValue | readonly CursorValue[]

/** A parsed operand: its value, and its canonical text. A list has the text of each value. */
export type ParsedOperand =
  | { readonly value: Operand; readonly texts: readonly string[] }
  | { readonly detail: string }

/** A condition in the database's terms. */
export type DatabaseCondition = Readonly<Record<string, unknown>>

/**
 * Everything about one operator of `field[operator]=value`. Parser, database filter, cache tags, OpenAPI document and
 * definition check read it from here, so a new operator is a file beside this one and a line in {@link ./index.ts}.
 */
export interface Operator {
  /** Types of the values that it compares. */
  readonly kinds: readonly FilterType['kind'][]
  /** Whether it compares the elements of arrays. @default false, for fields of one value */
  readonly ofArrays?: boolean
  /** Whether it applies only to fields that a document may lack. @default false, for any field */
  readonly ofOptional?: boolean
  /** Parses an operand, in time linear in the text. The text comes from a caller. */
  readonly parse: (type: FilterType, text: string) => ParsedOperand
  /** Uses operators that Amazon DocumentDB has and answers from an index that begins with the field. */
  readonly condition: (path: string, value: Operand) => DatabaseCondition
  /**
   * Values of which every listed document has one in the field. The list gets a tag for each value, so a write to
   * documents with other values does not purge it. @default any value
   */
  readonly onlyValues?: (value: Operand) => readonly CursorValue[]
  /** A sentence about the parameter, for the OpenAPI document. */
  readonly describe: (type: FilterType) => string
  /** The parameter in the OpenAPI document, without name and description. */
  readonly parameter: (type: FilterType) => Readonly<Record<string, unknown>>
}
