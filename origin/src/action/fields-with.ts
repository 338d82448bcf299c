/** Names of the fields whose values are of type `Value`. */
export type FieldsWith<Document, Value> = {
  [Field in keyof Document]-?: NonNullable<Document[Field]> extends Value ? Field : never
}[keyof Document] &
  string
