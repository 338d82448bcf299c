/** Names of the fields of one kind. */
export type FieldsWith<Document, Value> = {
  [Field in keyof Document]-?: NonNullable<Document[Field]> extends Value ? Field : never
}[keyof Document] &
  string
