import type { IndexDefinition } from './definition.ts'

/** Whether an index has an order, by which filters and sorts find their place; a text index has none. */
export const isOrdered = ({ fields }: IndexDefinition): boolean =>
  Object.values(fields).every((kind) => typeof kind === 'number')

/** Whether an index holds the words of texts, for {@link ./search.ts}. */
export const isOfText = ({ fields }: IndexDefinition): boolean => Object.values(fields).includes('text')
