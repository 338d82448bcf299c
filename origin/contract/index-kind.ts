import type { IndexDefinition } from './definition.ts'

/** Whether an index has an order, by which filters and sorts find their place; one of words or places has none. */
export const isOrdered = ({ fields }: IndexDefinition): boolean =>
  Object.values(fields).every((kind) => typeof kind === 'number')

/** Whether an index holds the words of texts, for {@link ./search.ts}. */
export const isOfText = ({ fields }: IndexDefinition): boolean => Object.values(fields).includes('text')

/** Whether an index holds points on the globe, for {@link ./near.ts}. */
export const isOfPlace = ({ fields }: IndexDefinition): boolean => Object.values(fields).includes('2dsphere')
