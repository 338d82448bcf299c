import type { Document } from 'mongodb'

/** An adopted document as it is stored, and the command that a record is written by. */
export interface Source {
  readonly document: Document
  readonly write?: SourceWrite
}

/** The command that writes an adopted document. `q`: condition that it is as it was read. */
export type SourceWrite =
  | { readonly kind: 'insert'; readonly document: Document }
  | { readonly kind: 'update'; readonly q: Document; readonly u: Document }
  | { readonly kind: 'delete'; readonly q: Document }
  | { readonly kind: 'guard'; readonly q: Document }
