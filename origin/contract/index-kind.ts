import type { IndexDefinition } from './definition.ts'

/** Whether an index is ordered, so that filters and sorts can use it; text and `2dsphere` indexes are not. */
export const isOrdered = ({ fields }: IndexDefinition): boolean =>
  Object.values(fields).every((kind) => typeof kind === 'number')

/** Whether it is a text index, for {@link ./search.ts}. */
export const isOfText = ({ fields }: IndexDefinition): boolean => Object.values(fields).includes('text')

/** Whether it is a `2dsphere` index, for {@link ./near.ts}. */
export const isOfPlace = ({ fields }: IndexDefinition): boolean => Object.values(fields).includes('2dsphere')
