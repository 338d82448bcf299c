import type { CursorValue } from '../cursor.ts'
import type { FilterType } from '../filter-type.ts'

/** Operand of a filter, in stored terms: plain strings, numbers and booleans, never objects. */
export type Operand = CursorValue | readonly CursorValue[]

/** Text of an operand, read: its value, and the one spelling of it. A list is spelled value by value. */
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
  /** Whether it is for arrays, and compares their elements. @default false, for fields of one value */
  readonly ofArrays?: boolean
  /** Whether it is for fields that a document may lack, and tells nothing of others. @default false, for any field */
  readonly ofOptional?: boolean
  /** Reads an operand in time linear in the text. The text comes from a caller. */
  readonly parse: (type: FilterType, text: string) => ParsedOperand
  /** Made of operators that Amazon DocumentDB has and answers from an index that begins with the field. */
  readonly condition: (path: string, value: Operand) => DatabaseCondition
  /**
   * Values of which every listed document has one in the field. The list is stored under a tag for each, and a write to
   * documents with other values leaves it stored. @default any value
   */
  readonly onlyValues?: (value: Operand) => readonly CursorValue[]
  /** A sentence about the parameter, for the OpenAPI document. */
  readonly describe: (type: FilterType) => string
  /** The parameter in the OpenAPI document, without name and description. */
  readonly parameter: (type: FilterType) => Readonly<Record<string, unknown>>
}
