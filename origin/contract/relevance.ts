/**
 * `sort=relevance`: hits of `search` by the database's score, the best first. Amazon DocumentDB has `$meta:
 * 'textScore'`, like `$text`, from engine 5.0 on, but not in elastic clusters (developer guide, "$meta" and "Performing
 * text search"; compat-tool of awslabs/amazon-documentdb-tools). Its scores differ from MongoDB's, so the order may
 * differ, too.
 */
export const relevance = 'relevance'

/** Field that the database computes for a list by relevance. No schema has names that begin with `_`. */
export const scorePath = '_score'

/** Sorts by id as well, because equal scores are common. */
export const byRelevance = {
  fields: [
    { path: scorePath, descending: true, type: { kind: 'number', integer: false } },
    { path: '_id', descending: true, type: { kind: 'string' } },
  ],
  canonical: relevance,
} as const

/** First stages of an aggregation: the hits of a text search, each with its score. */
export const scoredStages = (filter: Readonly<Record<string, unknown>>) => [
  { $match: filter },
  { $addFields: { [scorePath]: { $meta: 'textScore' } } },
]
